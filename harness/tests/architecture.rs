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
