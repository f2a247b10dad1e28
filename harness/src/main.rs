//! The command line of authloom.

fn main() {}
