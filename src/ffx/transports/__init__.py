"""The built-in transports, one file each, chosen by the scheme of an address."""
