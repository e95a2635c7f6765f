//! The binary and the workspace, tested from outside.

mod action;
mod arrows;
mod bench;
mod binary;
mod cloud;
mod gateway;
mod init;
mod official;
#[path = "../../../tests/conformance/port.rs"]
mod port;
mod record;
mod repro;
mod secrets;
mod selftest;
mod servers;
mod suite;
mod upstream;
mod words;
