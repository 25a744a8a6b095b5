use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::modules::{Module, Uses, files, paths, read};

/// The crates with more than one module. The README of each has its layers.
const CRATES: [&str; 2] = ["launcher", "agent"];
const LINES_MAX: usize = 500;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn name(module: &Module) -> String {
    module.join("::")
}

/// Modules that use each other in a circle, in that order; none when there is no such circle.
fn cycle(uses: &Uses) -> Option<Vec<String>> {
    fn visit(module: &Module, uses: &Uses, way: &mut Vec<Module>, done: &mut BTreeSet<Module>) -> bool {
        if way.contains(module) {
            way.push(module.clone());
            return true;
        }
        if done.contains(module) {
            return false;
        }
        way.push(module.clone());
        let used = uses.get(module).into_iter().flatten();
        if used.into_iter().any(|used| visit(used, uses, way, done)) {
            return true;
        }
        way.pop();
        done.insert(module.clone());
        false
    }
    let (mut way, mut done) = (Vec::new(), BTreeSet::new());
    let found = uses.keys().any(|module| visit(module, uses, &mut way, &mut done));
    let first = way.last().cloned();
    let circle = way.iter().skip_while(|module| Some(*module) != first.as_ref());
    found.then(|| circle.map(name).collect())
}

/// The same uses, between the modules directly below the root with all that is in them.
fn between_folders(uses: &Uses) -> Uses {
    let mut folders = Uses::new();
    for (module, used) in uses {
        let Some(folder) = module.first() else { continue };
        let used = used.iter().filter_map(|used| used.first());
        let others = used.filter(|used| *used != folder).map(|used| vec![used.clone()]);
        folders.entry(vec![folder.clone()]).or_default().extend(others);
    }
    folders
}

/// The layer of each module, counted from the top, from the table in a crate's README.
fn layers(readme: &str) -> BTreeMap<String, usize> {
    let table = readme.split("## Layers").nth(1).expect("a section Layers");
    let rows = table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| ---"))
        .skip(1);
    let mut layers = BTreeMap::new();
    for (layer, row) in rows.enumerate() {
        let modules = row.split('|').nth(2).expect("a column of modules");
        for module in modules.split('`').skip(1).step_by(2) {
            let earlier = layers.insert(module.to_owned(), layer);
            assert_eq!(earlier, None, "{module} is in two layers");
        }
    }
    layers
}

#[test]
fn modules_have_no_cycles() {
    for part in CRATES {
        let uses = read(&repository().join(part).join("src"));
        assert!(uses.len() > 1, "{part} has modules");
        assert_eq!(cycle(&uses), None, "files of {part}");
        assert_eq!(cycle(&between_folders(&uses)), None, "folders of {part}");
    }
}

#[test]
fn modules_use_their_own_layer_and_those_below() {
    for part in CRATES {
        let readme = fs::read_to_string(repository().join(part).join("README.md")).expect("a README");
        let layers = layers(&readme);
        let uses = between_folders(&read(&repository().join(part).join("src")));
        let modules: Vec<String> = uses.keys().map(name).collect();
        let listed: Vec<String> = layers.keys().cloned().collect();
        assert_eq!(modules, listed, "modules of {part}, and those of its README");
        for (module, used) in &uses {
            let upwards: Vec<String> = used
                .iter()
                .map(name)
                .filter(|used| layers[used] < layers[&name(module)])
                .collect();
            assert!(upwards.is_empty(), "{part}: {} uses {upwards:?} above it", name(module));
        }
    }
}

#[test]
fn files_are_short() {
    for part in ["launcher", "agent", "agent-link", "fuzz/targets", "tools"] {
        for file in files(&repository().join(part)) {
            let lines = fs::read_to_string(&file).expect("a source file").lines().count();
            assert!(lines <= LINES_MAX, "{} has {lines} lines", file.display());
        }
    }
}

#[test]
fn paths_are_found_wherever_they_stand() {
    let source = "
        mod child;
        use crate::{log, files::{self, remove as gone}};
        use super::sibling::*;
        use std::fs;
        fn work() { child::run(json!({\"a\": [crate::values::Id::new()]})); other::crate_::x(); }
        #[cfg(test)]
        mod tests { use crate::secret::Thing; }
    ";
    let found: BTreeSet<String> = paths(source, &["top".into(), "own".into()]).iter().map(name).collect();
    let expected = [
        "files",
        "files::remove",
        "log",
        "top::own::child::run",
        "top::sibling",
        "values::Id::new",
    ];
    assert_eq!(found, expected.map(str::to_owned).into());
}

#[test]
fn a_circle_is_found() {
    let uses = |pairs: &[(&str, &str)]| -> Uses {
        let mut uses = Uses::new();
        for (module, used) in pairs {
            uses.entry(vec![(*module).to_owned()])
                .or_default()
                .insert(vec![(*used).to_owned()]);
        }
        uses
    };
    assert_eq!(cycle(&uses(&[("a", "b"), ("a", "c"), ("b", "c")])), None);
    let circle = cycle(&uses(&[("a", "b"), ("b", "c"), ("c", "b")]));
    assert_eq!(circle, Some(vec!["b".into(), "c".into(), "b".into()]));
}
