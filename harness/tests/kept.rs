//! The traces that are kept in the repository.

use std::path::{Path, PathBuf};

use authloom::trace::{file, mermaid};

fn folders(of: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(of).expect("the folder is there").map(|entry| entry.expect("it can be listed").path());
    entries.filter(|path| path.is_dir()).collect()
}

#[test]
fn every_kept_trace_reads_and_reads_back_from_what_is_written_of_it() {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("traces/found");
    let mut traces = 0;
    for folder in folders(&found) {
        for (path, trace) in file::read_folder(&folder).unwrap_or_else(|error| panic!("{error}")) {
            let again = mermaid::read(&path.display().to_string(), &mermaid::write(&trace));
            assert_eq!(again, Ok(trace), "{}", path.display());
            traces += 1;
        }
    }
    assert!(traces >= 12, "only {traces} traces are kept");
}
