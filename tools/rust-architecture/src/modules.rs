//! Reads which modules of a crate use which others, from the paths in their source.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A module, by the names from the crate's root down. The root has none.
pub type Module = Vec<String>;

/// Which modules each module uses. Tests do not count.
pub type Uses = BTreeMap<Module, BTreeSet<Module>>;

/// Every Rust file below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Reads the crate whose root file is in this folder. Each file is a module.
pub fn read(folder: &Path) -> Uses {
    let modules: BTreeMap<Module, PathBuf> = files(folder)
        .into_iter()
        .filter(|file| !file.ends_with("tests.rs"))
        .map(|file| (module_of(folder, &file), file))
        .collect();
    modules
        .iter()
        .map(|(module, file)| {
            let source = fs::read_to_string(file).expect("a source file");
            let paths = paths(&source, module);
            let used = paths.into_iter().map(|path| longest_module(&path, &modules));
            (module.clone(), used.filter(|used| used != module).collect())
        })
        .collect()
}

fn module_of(folder: &Path, file: &Path) -> Module {
    let below = file
        .strip_prefix(folder)
        .expect("a file of the crate")
        .with_extension("");
    let names = below.iter().map(|name| name.to_string_lossy().into_owned());
    names
        .filter(|name| !["mod", "main", "lib"].contains(&name.as_str()))
        .collect()
}

/// What a path leads to may be an item: the module is what is left of it.
fn longest_module(path: &[String], modules: &BTreeMap<Module, PathBuf>) -> Module {
    let lengths = (0..=path.len()).rev();
    let mut prefixes = lengths.map(|length| path[..length].to_vec());
    prefixes.find(|prefix| modules.contains_key(prefix)).unwrap_or_default()
}

/// The paths that begin at the crate's root, this module, its parent or one of its children.
pub fn paths(source: &str, module: &[String]) -> Vec<Vec<String>> {
    let stream: TokenStream = source.parse().expect("Rust");
    let tokens = without_tests(stream);
    let children = children(&tokens);
    let mut found = Vec::new();
    Scan {
        module,
        children: &children,
    }
    .walk(&tokens, &mut found);
    found
}

/// Leaves out the items under `#[cfg(test)]`.
fn without_tests(stream: TokenStream) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut tokens = stream.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let attribute = tokens.peek().map(ToString::to_string).unwrap_or_default();
        if token.to_string() == "#" && attribute.replace(' ', "") == "[cfg(test)]" {
            // The item ends with a semicolon or a body.
            tokens.find(|token| token.to_string() == ";" || is_group(token, Delimiter::Brace));
        } else {
            kept.push(token);
        }
    }
    kept
}

fn is_group(token: &TokenTree, delimiter: Delimiter) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == delimiter)
}

fn children(tokens: &[TokenTree]) -> BTreeSet<String> {
    let declared = |three: &[TokenTree]| {
        let [keyword, name, end] = three else { return None };
        (keyword.to_string() == "mod" && end.to_string() == ";").then(|| name.to_string())
    };
    tokens.windows(3).filter_map(declared).collect()
}

struct Scan<'a> {
    module: &'a [String],
    children: &'a BTreeSet<String>,
}

impl Scan<'_> {
    fn walk(&self, tokens: &[TokenTree], found: &mut Vec<Vec<String>>) {
        let mut index = 0;
        while index < tokens.len() {
            if let TokenTree::Group(group) = &tokens[index] {
                self.walk(&group.stream().into_iter().collect::<Vec<_>>(), found);
            }
            let begins = index == 0 || !is_colon(&tokens[index - 1]);
            match self
                .base(&tokens[index])
                .filter(|_| begins && is_separator(tokens, index + 1))
            {
                Some(base) => index = follow(tokens, index + 3, base, found),
                None => index += 1,
            }
        }
    }

    fn base(&self, token: &TokenTree) -> Option<Vec<String>> {
        let TokenTree::Ident(name) = token else { return None };
        match name.to_string().as_str() {
            "crate" => Some(Vec::new()),
            "self" => Some(self.module.to_vec()),
            "super" => Some(self.module.split_last()?.1.to_vec()),
            child if self.children.contains(child) => Some([self.module, &[child.to_owned()]].concat()),
            _ => None,
        }
    }
}

fn is_colon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':')
}

fn is_separator(tokens: &[TokenTree], index: usize) -> bool {
    tokens.get(index..index + 2).is_some_and(|two| two.iter().all(is_colon))
}

/// Follows a path from its `index`-th token on, into the branches of a `use`. Answers where it ends.
fn follow(tokens: &[TokenTree], index: usize, base: Vec<String>, found: &mut Vec<Vec<String>>) -> usize {
    match tokens.get(index) {
        Some(TokenTree::Ident(name)) => {
            let mut path = base;
            match name.to_string().as_str() {
                "super" => drop(path.pop()),
                "self" => {}
                name => path.push(name.to_owned()),
            }
            if is_separator(tokens, index + 1) {
                return follow(tokens, index + 3, path, found);
            }
            found.push(path);
        }
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            let branches = inner.split(|token| token.to_string() == ",");
            for branch in branches.filter(|branch| !branch.is_empty()) {
                follow(branch, 0, base.clone(), found);
            }
        }
        // A glob, or the type arguments of an item.
        _ => found.push(base),
    }
    index + 1
}
