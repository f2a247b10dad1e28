//! The GUI's rules, told as stories and checked as laws.
