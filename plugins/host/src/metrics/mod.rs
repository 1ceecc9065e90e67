//! What is measured of every plugin.
