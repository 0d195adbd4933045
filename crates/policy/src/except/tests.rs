//! Exceptions against findings.
