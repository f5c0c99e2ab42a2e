//! Plans, read by their sentences: no privilege is needed.
