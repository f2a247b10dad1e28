//! The endpoints, as clients, browsers and backends meet them.

mod authorizing;
mod graces;
mod refusals;
mod sessions;
