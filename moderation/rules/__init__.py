"""Rules on edits, which administrators write in the browser: they tag, hold or refuse an edit."""
