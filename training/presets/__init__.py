"""Paints the 24 preset style pictures in code: `python -m training.presets --out static/styles`."""
