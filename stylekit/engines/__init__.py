"""What paints: the fast engine and the gatys engine, and the networks that they share."""
