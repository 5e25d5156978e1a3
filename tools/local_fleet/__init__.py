"""A fleet on one machine: the parts of tools/fleet, which tests use as well."""
