//! The endpoints, as clients, browsers and backends meet them.

mod authorizing;
mod refusals;
mod sessions;
