//! `authloom rules`: every rule under its name, or all that is known of one.

use std::io::Write;

use authloom_model::rules;
use clap::{Args, ValueEnum};

use super::failure::{Failure, written};
use crate::report;
use crate::run::Status;

/// List the rules with their sources, or say all that is known of one: its guard, its promises, its planted faults, its traces.
#[derive(Args, Clone, Debug)]
pub(super) struct Rules {
    /// The id of a rule. Without one, all of them are listed.
    #[arg(value_name = "ID")]
    id: Option<String>,

    /// How to write it.
    #[arg(long, value_enum, default_value_t = Form::Text)]
    format: Form,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Form {
    /// For people.
    Text,
    /// One object on one line, for machines.
    Json,
}

impl Rules {
    /// Lists the rules, or shows one.
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let one = self.id.as_deref().map(rules::named).transpose().map_err(Failure::input)?;
        written(match (one, self.format) {
            (None, Form::Text) => report::rules::list(out),
            (None, Form::Json) => report::rules::list_json(out),
            (Some(rule), Form::Text) => report::rules::show(out, rule),
            (Some(rule), Form::Json) => report::rules::show_json(out, rule),
        })?;
        Ok(Status::Holds)
    }
}
