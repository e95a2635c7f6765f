//! The binary and the workspace, tested from outside.

mod arrows;
mod repro;
mod selftest;
