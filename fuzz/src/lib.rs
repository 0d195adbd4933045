//! The list of fuzz targets.
//!
//! A target takes any bytes and must return: a panic, an overflow, ten seconds or two gigabytes on an input
//! of 16 KiB is a fault. It is a function of the crate whose parser it feeds, or one here that also says what must
//! hold of the answer. To add one, write the function, a line here, and a folder of small seeds, `seeds/NAME`. An
//! input that found a fault becomes a seed.

mod documents;

/// A fuzz target.
#[derive(Debug)]
pub struct Target {
    /// What `cargo xtask fuzz` calls it; also its folder of seeds.
    pub name: &'static str,
    /// Feeds bytes to the code under test.
    pub run: fn(&[u8]),
}

/// Every target.
pub static TARGETS: &[Target] = &[
    Target { name: "cel-check", run: bulkhead_cel::fuzz_check },
    Target { name: "cel-cidr", run: bulkhead_cel::fuzz_cidr },
    Target { name: "cel-eval", run: bulkhead_cel::fuzz_eval },
    Target { name: "cel-format", run: bulkhead_cel::fuzz_format },
    Target { name: "cel-parse", run: bulkhead_cel::fuzz_parse },
    Target { name: "cel-quantity", run: bulkhead_cel::fuzz_quantity },
    Target { name: "cel-regex", run: bulkhead_cel::fuzz_regex },
    Target { name: "cel-semver", run: bulkhead_cel::fuzz_semver },
    Target { name: "cel-url", run: bulkhead_cel::fuzz_url },
    Target { name: "edit", run: bulkhead_document::fuzz_edit },
    Target { name: "ignore-files", run: bulkhead_policy::peers::fuzz_ignore_files },
    Target { name: "json", run: bulkhead_document::fuzz_json },
    Target { name: "json-agrees", run: documents::json_agrees },
    Target { name: "kyverno", run: bulkhead_policy::fuzz_kyverno },
    Target { name: "normalise", run: bulkhead_kinds::fuzz_normalise },
    Target { name: "rego", run: bulkhead_policy::fuzz_rego },
    Target { name: "source", run: bulkhead_source::fuzz_source },
    Target { name: "yaml", run: bulkhead_document::fuzz_yaml },
];

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Seeds, and among them every input that once found a fault, run clean in each target.
    #[test]
    fn seeds_run_clean() {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
        let targets: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        assert_eq!(names(&seeds), targets, "targets and folders of seeds differ");
        for target in TARGETS {
            let folder = seeds.join(target.name);
            let files = names(&folder);
            assert!(files.len() >= 3, "{} has {} seeds", target.name, files.len());
            for file in files {
                (target.run)(&fs::read(folder.join(file)).unwrap());
            }
        }
    }
}
