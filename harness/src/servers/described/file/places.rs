//! Where each key of a target's file stands, so that what goes wrong later is said with its line.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::servers::described::file::server::line_and_column;

/// Where each key of a file stands. Not part of what the file describes: it prints as nothing.
#[derive(Clone, Default)]
pub struct Places {
    file: String,
    keys: BTreeMap<String, (usize, usize)>,
}

impl Places {
    /// Those of a file with that text. Of a text that is no TOML, none.
    pub(in crate::servers) fn of(path: &Path, text: &str) -> Self {
        let mut keys = BTreeMap::new();
        if let Ok(root) = DeTable::parse(text) {
            collect("", root.get_ref(), text, &mut keys);
        }
        Self { file: path.display().to_string(), keys }
    }

    /// Where a key like `server.issuer` stands, as `FILE:LINE:COLUMN`; where it is missing, the table that it belongs to; or else the file.
    #[must_use]
    pub fn at(&self, key: &str) -> String {
        let mut key = key;
        loop {
            if let Some((line, column)) = self.keys.get(key) {
                return format!("{}:{line}:{column}", self.file);
            }
            match key.rsplit_once('.') {
                Some((table, _)) => key = table,
                None => return self.file.clone(),
            }
        }
    }

    /// The keys that stand in the file, of those that are asked for.
    #[must_use]
    pub fn present<'k>(&self, keys: &[&'k str]) -> Vec<&'k str> {
        keys.iter().copied().filter(|key| self.keys.contains_key(*key)).collect()
    }
}

impl fmt::Debug for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Places")
    }
}

fn collect(above: &str, table: &DeTable<'_>, text: &str, keys: &mut BTreeMap<String, (usize, usize)>) {
    for (key, value) in table {
        let name = format!("{above}{}", key.get_ref());
        keys.insert(name.clone(), line_and_column(text, key.span().start));
        below(&name, value, text, keys);
    }
}

fn below(name: &str, value: &Spanned<DeValue<'_>>, text: &str, keys: &mut BTreeMap<String, (usize, usize)>) {
    if let Some(table) = value.get_ref().as_table() {
        collect(&format!("{name}."), table, text, keys);
    }
    for (entry, number) in value.get_ref().as_array().into_iter().flatten().zip(0..) {
        below(&format!("{name}.{number}"), entry, text, keys);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_where_it_stands_and_a_missing_one_where_it_belongs() {
        let text = "policy = \"recommended\"\n\n[server]\nissuer = \"x\"\n\n[[sign_in.others]]\n  username = \"ann\"\n";
        let places = Places::of(Path::new("my.toml"), text);
        assert_eq!(places.at("server.issuer"), "my.toml:4:1");
        assert_eq!(places.at("server.within"), "my.toml:3:2");
        assert_eq!(places.at("sign_in.others.0.username"), "my.toml:7:3");
        assert_eq!(places.at("introspection.secret_from"), "my.toml");
        assert_eq!(places.present(&["policy", "clock"]), ["policy"]);
        assert_eq!(format!("{places:?}"), "Places");
    }
}
