"""Bring papers from the services that list them, as JSON Lines which ``kg build`` reads."""

from kg.fetch.client import Client, Manners, cache_folder
from kg.fetch.run import Fetched, fetch
from kg.fetch.sources import SOURCES, Source, Wanted

__all__ = ["SOURCES", "Client", "Fetched", "Manners", "Source", "Wanted", "cache_folder", "fetch"]
