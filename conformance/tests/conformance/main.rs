//! The judge, tested from outside.

mod report;
