//! The arrows of the architecture, read from the workspace itself: model and reference never see each other, only the harness sees both, and
//! what decides in the reference sees none of what serves it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

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
    let source = root().join("harness/src");
    let names: BTreeSet<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    for (at, (room, may_use)) in ROOMS.iter().enumerate() {
        let below: BTreeSet<&str> = ROOMS[..at].iter().map(|(room, _)| *room).collect();
        assert!(may_use.iter().all(|used| below.contains(used)), "`{room}` may use only rooms that stand before it");
        let files = sources(&[source.join(room)]);
        assert!(
            files.iter().all(|(_, text)| !text.contains("crate::{")),
            "`{room}` names each room that it uses by its path"
        );
        let used: BTreeSet<String> = files
            .iter()
            .flat_map(|(_, text)| text.split("crate::").skip(1).map(room_named).collect::<Vec<_>>())
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

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The source files in these folders, and in all folders below them, with their text.
fn sources(folders: &[PathBuf]) -> Vec<(PathBuf, String)> {
    let mut open = folders.to_vec();
    let mut sources = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of the workspace is read") {
            let path = entry.expect("an entry is read").path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source file is read");
                sources.push((path, text));
            }
        }
    }
    sources
}

#[test]
fn stateright_is_named_in_one_file() {
    let folders = ["model/src", "impl/src", "harness/src"].map(|folder| root().join(folder));
    let mut naming = BTreeSet::new();
    for (path, text) in sources(&folders) {
        if text.contains("use stateright") || text.contains("stateright::") && !text.contains("//! The second opinion")
        {
            naming.insert(path.file_name().expect("it is a file").to_string_lossy().into_owned());
        }
    }
    assert_eq!(naming, set(&["checker.rs"]));
}

/// What serves, stores or sends. The decisions, the backend's judge and the client's machine do without.
const SHELLS: [&str; 7] = ["argon2", "axum", "hyper", "reqwest", "rusqlite", "tokio", "tower"];

/// The packages that the reference is built from, with these flags.
fn packages_of_the_reference(flags: &[&str]) -> BTreeSet<String> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["tree", "--locked", "--package", "authloom-reference", "--edges", "normal", "--prefix", "none"]);
    let tree = command.args(flags).current_dir(root()).output().expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let lines = String::from_utf8(tree.stdout).expect("names of packages are text");
    lines.lines().filter_map(|line| line.split(' ').next()).map(ToOwned::to_owned).collect()
}

#[test]
fn the_reference_without_its_features_is_built_from_no_server_no_database_and_no_network() {
    let all = packages_of_the_reference(&[]);
    let core = packages_of_the_reference(&["--no-default-features"]);
    let named = |packages: &BTreeSet<String>| {
        SHELLS.iter().filter(|shell| packages.contains(**shell)).copied().collect::<Vec<_>>()
    };
    assert_eq!(named(&all), SHELLS, "the whole reference serves, stores and sends");
    assert_eq!(named(&core), [""; 0]);
}

/// The modules of one of the reference's parts that are there without a feature.
fn core_modules(part: &str) -> BTreeSet<String> {
    let path = root().join("impl/src").join(part).join("mod.rs");
    let text = std::fs::read_to_string(path).expect("a part says which modules it has");
    let mut above = "";
    let mut core = BTreeSet::new();
    for line in text.lines() {
        let module = line.trim_start_matches("pub ").strip_prefix("mod ").and_then(|name| name.strip_suffix(';'));
        core.extend(module.filter(|_| !above.starts_with("#[cfg(")).map(ToOwned::to_owned));
        above = line;
    }
    core
}

#[test]
fn the_decisions_the_judge_and_the_machine_are_there_without_a_feature_and_name_no_shell() {
    let parts = [
        ("auth", &["decisions", "pkce", "records", "redirect", "settings"][..]),
        ("backend", &["judge", "settings"]),
        ("gui", &["calls", "machine", "renewal", "request", "session", "settings", "signin"]),
    ];
    for (part, expected) in parts {
        let core = core_modules(part);
        assert!(core.is_superset(&set(expected)), "{part}: {core:?}");
        let folder = root().join("impl/src").join(part);
        let of_core = |path: &Path| {
            let within = path.strip_prefix(&folder).expect("it is in the folder");
            let module = within.components().next().expect("it has a name").as_os_str().to_string_lossy();
            core.contains(module.trim_end_matches(".rs"))
        };
        for (path, text) in sources(std::slice::from_ref(&folder)) {
            let shell = SHELLS.iter().find(|shell| text.contains(&format!("{shell}::")));
            let gate = text.contains("feature =").then_some(&"a feature");
            assert!(!of_core(&path) || shell.or(gate).is_none(), "{} names {:?}", path.display(), shell.or(gate));
        }
    }
}

/// What this program writes unless told where, and what one leaves behind that was interrupted: by name.
fn is_stray(name: &str) -> bool {
    let left_behind = [".part", ".orig", ".rej"];
    name == "authloom-traces" || name.starts_with(".tmp") || left_behind.iter().any(|end| name.ends_with(end))
}

/// Everything below a folder that looks like output, but for what is built and what is installed.
fn strays(folder: &Path) -> Vec<PathBuf> {
    let mut strays = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of the workspace is read") {
        let path = entry.expect("an entry is read").path();
        let name = path.file_name().expect("it is an entry").to_string_lossy().into_owned();
        if is_stray(&name) {
            strays.push(path);
        } else if path.is_dir() && !path.is_symlink() && ![".git", "target", "node_modules", ".venv"].contains(&&*name)
        {
            strays.extend(self::strays(&path));
        }
    }
    strays
}

#[test]
fn no_output_lies_in_the_tree() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    // Whoever runs the program in the root finds its traces there.
    let out = root.join("authloom-traces");
    let strays: Vec<_> = strays(&root).into_iter().filter(|path| *path != out).collect();
    assert!(strays.is_empty(), "tests write to temporary folders, and output is not kept: {strays:?}");
}

#[test]
fn output_is_known_by_its_name() {
    for stray in ["authloom-traces", ".tmp0CpUuL-unexplained.mmd", ".a.mmd.17.part", "auth.rs.orig"] {
        assert!(is_stray(stray), "{stray}");
    }
    assert!(!is_stray("traces") && !is_stray("part.rs") && !is_stray("found"));
}
