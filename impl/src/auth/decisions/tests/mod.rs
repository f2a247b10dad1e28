//! The rules, one guard at a time, each at its boundary: one second before, and at.

mod redeeming;
mod refreshing;
mod standings;

use crate::clock::Timestamp;

use super::super::digest::Digest;
use super::super::records::*;
use super::super::samples::{CHALLENGE, GUI, REDIRECT_URI, START, VERIFIER, seconds, settings};
use super::super::settings::*;
use super::*;

fn at(second: u64) -> Timestamp {
    START.after(seconds(second))
}

fn grant() -> Grant {
    Grant {
        id: GrantId(1),
        client_id: GUI.to_owned(),
        subject: "subject-1".to_owned(),
        scope: "items notes".to_owned(),
        born_at: at(0),
        state: GrantState::Live,
    }
}

fn ended(ending: Ending) -> Grant {
    Grant { state: GrantState::Ended(ending), ..grant() }
}

fn refresh_token(issued: u64) -> RefreshRecord {
    RefreshRecord {
        digest: Digest::of("refresh"),
        grant: GrantId(1),
        idle_since: at(issued),
        spent: Spent::No,
        state: TokenState::Live,
    }
}

fn spent(token: RefreshRecord, first: u64) -> RefreshRecord {
    RefreshRecord { spent: Spent::Since(at(first)), ..token }
}
