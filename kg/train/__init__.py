"""Making the weights of the tagger; needs the extra ``train``."""
