"""The built-in plugins: detectors and encoders by vendor, the weighted policy, the terminal."""
