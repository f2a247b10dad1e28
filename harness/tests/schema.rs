//! What machines read: everything that `--format json` prints fits the schema that is published.

use std::path::Path;
use std::process::Command;

use jsonschema::Validator;
use serde_json::Value;
use tempfile::TempDir;

mod stranger;

const PROGRAM: &str = env!("CARGO_BIN_EXE_authloom");
/// A scope that is verified in a second.
const TINY: [&str; 2] = ["--scope", "tabs=1,calls=1,losses=0"];
/// The same, and a message may be lost.
const LOSSY: [&str; 2] = ["--scope", "tabs=1,calls=1,losses=1"];

fn validator() -> Validator {
    let text = include_str!("../schema/report.schema.json");
    let schema: Value = serde_json::from_str(text).expect("the schema is JSON");
    assert!(jsonschema::draft202012::meta::is_valid(&schema), "the schema is one");
    jsonschema::draft202012::new(&schema).expect("the schema is one")
}

fn printed(folder: &Path, arguments: &[&str]) -> Value {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).args(["--format", "json"]).current_dir(folder).env("AUTHLOOM_TARGET_PASSWORD", "demo");
    let output = command.output().expect("the program was built for this test");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let object: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    assert_eq!(
        object.get("status").map(|status| status.as_i64()),
        object.get("status").map(|_| output.status.code().map(i64::from))
    );
    object
}

fn fits(validator: &Validator, object: &Value, kind: &str, what: &[&str]) {
    // That none of these kinds fits says little; why the right one does not says all.
    let schema: Value = serde_json::from_str(include_str!("../schema/report.schema.json")).expect("the schema is JSON");
    let alone = serde_json::json!({ "$ref": format!("#/$defs/{kind}"), "$defs": schema["$defs"] });
    let alone = jsonschema::draft202012::new(&alone).expect("each kind is a schema");
    let wrong: Vec<String> =
        alone.iter_errors(object).map(|error| format!("{}: {error:.300}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{what:?}: {}", wrong.join("\n"));
    assert!(validator.is_valid(object), "{what:?} fits one kind alone");
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("the machine has a place for temporary files")
}

#[test]
fn what_a_check_a_cover_or_the_rules_print_fits_the_schema() {
    let (validator, folder) = (validator(), folder());
    for (kind, arguments) in [("register", vec!["rules"]), ("rule", vec!["rules", "refresh-spent-once"])] {
        fits(&validator, &printed(folder.path(), &arguments), kind, &arguments);
    }
    let kinds: [(&str, &[&str]); 9] = [
        ("outcome", &["check"]),
        ("outcome", &["check", "--policy", "lost-answer", "--mend-budget", "99"]),
        ("outcome", &["check", "--policy", "lost-answer", "--mend-budget", "1ns"]),
        ("outcome", &["check", "--engine", "stateright"]),
        ("outcome", &["check", "--depth", "3"]),
        ("outcome", &["check", "--max-worlds", "100"]),
        ("outcome", &["verify", "--max-worlds", "100"]),
        ("cover", &["cover", "--goal", "steps"]),
        ("cover", &["cover", "--goal", "races"]),
    ];
    for (kind, arguments) in kinds {
        let scope = if arguments.contains(&"lost-answer") { LOSSY } else { TINY };
        let arguments = [arguments, &scope[..]].concat();
        fits(&validator, &printed(folder.path(), &arguments), kind, &arguments);
    }
}

#[test]
fn what_is_said_of_servers_that_are_driven_fits_the_schema() {
    let (validator, folder) = (validator(), folder());
    let target = folder.path().join("target.toml");
    let target = target.to_str().expect("its path is text");
    let verify = [&["verify"][..], &TINY].concat();
    fits(&validator, &printed(folder.path(), &verify), "outcome", &verify);
    stranger::described(Path::new(target), PROGRAM, "recommended", "lost-answer");
    let diverges = ["verify", "--target", target, "--scope", "theft"];
    let replayed = printed(folder.path(), &diverges);
    assert!(replayed["replays"][0]["divergences"][0]["saved"].is_string(), "{replayed}");
    fits(&validator, &replayed, "replayed", &diverges);
    let replay = ["replay", "authloom-traces", "--target", target];
    fits(&validator, &printed(folder.path(), &replay), "replayed", &replay);
    let nothing: [&[&str]; 3] = [
        &["replay", "."],
        &["replay", "authloom-traces", "--shard", "1000000/1000000"],
        &["verify", "--target", "http", "--goal", "races", "--depth", "4"],
    ];
    for arguments in nothing {
        let object = printed(folder.path(), arguments);
        assert!(object["replays"][0]["not_driven"]["why"].is_string(), "{object}");
        fits(&validator, &object, "replayed", arguments);
    }
    let races = [&["verify", "--target", "http", "--goal", "races", "--times", "1"][..], &TINY].concat();
    fits(&validator, &printed(folder.path(), &races), "replayed", &races);
}

#[test]
fn what_is_found_out_about_a_server_fits_the_schema() {
    let (validator, folder) = (validator(), folder());
    let target = folder.path().join("target.toml");
    let target = target.to_str().expect("its path is text");
    stranger::described(Path::new(target), PROGRAM, "recommended", "recommended");
    let probe = ["probe", "--target", target, "--lifetimes"];
    fits(&validator, &printed(folder.path(), &probe), "probe", &probe);
    let audit = [&["audit", "--target", target, "--times", "1"][..], &TINY].concat();
    let object = printed(folder.path(), &audit);
    assert!(object["outcome"]["replays"].is_array(), "{object}");
    fits(&validator, &object, "audit", &audit);
}

#[test]
fn what_is_accepted_and_what_fails_fits_the_schema() {
    let (validator, folder) = (validator(), folder());
    let policy =
        "[auth_service]\ngrace = \"none\"\n\n[[accepted]]\npromise = \"survives-a-loss\"\nreason = \"a test\"\n";
    std::fs::write(folder.path().join("policy.toml"), policy).expect("the folder can be written to");
    let accepted = [&["check", "--policy", "policy.toml"][..], &LOSSY].concat();
    let object = printed(folder.path(), &accepted);
    let properties = object["properties"].as_array().expect("the properties are a list");
    assert!(properties.iter().any(|property| property["accepted"]["state"] == "in_force"), "{object}");
    fits(&validator, &object, "outcome", &accepted);
    let wrong = ["check", "--policy", "nobody"];
    fits(&validator, &printed(folder.path(), &wrong), "failure", &wrong);
}

#[test]
fn what_the_schema_does_not_know_does_not_fit_it() {
    let (validator, folder) = (validator(), folder());
    let object = printed(folder.path(), &[&["check"][..], &TINY].concat());
    assert!(validator.is_valid(&object));
    for (path, wrong) in [("/properties/0/verdict", "fine"), ("/completeness", "all"), ("/worlds", "many")] {
        let mut changed = object.clone();
        *changed.pointer_mut(path).expect("a check has that member") = wrong.into();
        assert!(!validator.is_valid(&changed), "{path}");
    }
    let mut changed = object;
    changed["unknown"] = 1.into();
    assert!(!validator.is_valid(&changed));
}
