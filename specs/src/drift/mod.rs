//! Compares a document with one that is published.
