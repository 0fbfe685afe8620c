"""The JSON API: endpoints, bodies and their description."""
