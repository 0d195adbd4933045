//! Every format on one realistic analysis, and what each promises on any.
#![allow(clippy::unwrap_used, reason = "what panics here is a test that fails")]

mod formats;
mod hostile;
mod limits;
mod sample;
mod schemas;
