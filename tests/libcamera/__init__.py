"""The stand-in camera stack: libcamera without a camera, for the real picamera2."""
