"""Learning what a shaft looks like from drawn scalps alone: how `learned/shafts.onnx` is made (``make train``)."""
