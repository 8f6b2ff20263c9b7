"""What Perennial costs: programs that measure, print a table, and with ``--json`` one object."""
