//! The arrows of the architecture, read from the workspace itself: model and reference never see each other, and only the harness sees both.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::MetadataCommand;

/// For each package of the workspace, the packages of the workspace that it depends on, in whatever role.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("the workspace is read");
    let members: BTreeSet<String> = metadata.packages.iter().map(|package| package.name.to_string()).collect();
    let of = |package: &cargo_metadata::Package| {
        package
            .dependencies
            .iter()
            .map(|dependency| dependency.name.clone())
            .filter(|name| members.contains(name))
            .collect()
    };
    metadata.packages.iter().map(|package| (package.name.to_string(), of(package))).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn the_arrows_run_from_model_and_reference_to_the_harness_and_nowhere_else() {
    let arrows = arrows();
    assert_eq!(arrows["authloom-model"], set(&[]));
    assert_eq!(arrows["authloom-reference"], set(&[]));
    assert_eq!(arrows["authloom"], set(&["authloom-model", "authloom-reference"]));
    assert_eq!(arrows["authloom-benches"], set(&["authloom", "authloom-model", "authloom-reference"]));
    assert_eq!(arrows.len(), 4);
}

/// The rooms of the harness from the ground up, each with the rooms that it may use. A room uses only rooms that stand before it.
const ROOMS: [(&str, &[&str]); 10] = [
    ("explore", &[]),
    ("cover", &["explore"]),
    ("trace", &["explore"]),
    ("servers", &["explore"]),
    ("drive", &["servers", "trace"]),
    ("probe", &["drive", "explore", "servers", "trace"]),
    ("run", &["cover", "drive", "explore", "servers", "trace"]),
    ("report", &["cover", "explore", "probe", "run", "trace"]),
    ("serve", &["servers"]),
    ("cli", &["cover", "explore", "probe", "report", "run", "serve", "servers", "trace"]),
];

#[test]
fn the_arrows_inside_the_harness_run_one_way() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let names: BTreeSet<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    for (at, (room, may_use)) in ROOMS.iter().enumerate() {
        let below: BTreeSet<&str> = ROOMS[..at].iter().map(|(room, _)| *room).collect();
        assert!(may_use.iter().all(|used| below.contains(used)), "`{room}` may use only rooms that stand before it");
        let files = rust_files(&source.join(room));
        assert!(
            files.iter().all(|text| !text.contains("crate::{")),
            "`{room}` names each room that it uses by its path"
        );
        let used: BTreeSet<String> = files
            .iter()
            .flat_map(|text| text.split("crate::").skip(1).map(room_named).collect::<Vec<_>>())
            .filter(|used| used != room && names.contains(used.as_str()))
            .collect();
        assert_eq!(used, set(may_use), "what `{room}` uses");
    }
    let rooms = std::fs::read_dir(&source).expect("the harness's source is read");
    let rooms: BTreeSet<String> = rooms
        .map(|entry| entry.expect("an entry is read"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(rooms, names.iter().map(|name| (*name).to_owned()).collect(), "the rooms that there are");
}

/// The first segment of a path.
fn room_named(path: &str) -> String {
    path.chars().take_while(|letter| letter.is_ascii_lowercase() || *letter == '_').collect()
}

/// The text of every Rust file below a folder.
fn rust_files(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder of the workspace is read");
    let paths = entries.map(|entry| entry.expect("an entry is read").path());
    paths
        .flat_map(|path| match path.is_dir() {
            true => rust_files(&path),
            false if path.extension().is_some_and(|extension| extension == "rs") => {
                vec![std::fs::read_to_string(&path).expect("a source file is read")]
            }
            false => Vec::new(),
        })
        .collect()
}

#[test]
fn stateright_is_named_in_one_file() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut naming = BTreeSet::new();
    let mut open: Vec<_> = ["model/src", "impl/src", "harness/src"].map(|folder| root.join(folder)).into();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the workspace is read") {
            let path = entry.expect("an entry is read").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source file is read");
                if text.contains("use stateright")
                    || text.contains("stateright::") && !text.contains("//! The second opinion")
                {
                    naming.insert(path.file_name().expect("it is a file").to_string_lossy().into_owned());
                }
            }
        }
    }
    assert_eq!(naming, set(&["checker.rs"]));
}
