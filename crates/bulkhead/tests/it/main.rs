//! The whole binary, run on trees of files.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod bad_input;
mod baseline;
mod cel;
mod commands;
mod config;
mod exceptions;
mod fix;
mod foreign;
mod gate;
mod native;
mod network;
mod output;
mod peers;
mod render;
mod standards;
mod support;
mod workloads;
