"""Learning paths: ordered steps through resources, pages and notes, and how far a reader is."""
