"""What takes seconds to load: imported by the process from which workers are forked."""

# ruff: noqa: E402, F401 (numpy may use one thread; nothing of this is named)

from kg.engine import one_thread

one_thread()

import onnxruntime

import kg.build
import kg.extract.pipeline
