//! Directory listings: sorted by name, in messages of bounded size.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::vec::IntoIter;

use tokio::sync::mpsc;
use tonic::Status;

use super::{Files, about, as_user, describe};
use crate::errors::{Failure, Outcome};
use crate::limits::{LIST_DEPTH_MAX, LIST_ENTRIES_MAX, LIST_MESSAGE_ENTRIES_MAX};
use crate::proto::{FileStat, ListDirectoryRequest, ListDirectoryResponse};

const MESSAGES_WAITING: usize = 2;

impl Files {
    /// Begins a listing. The first message is made before this answers, so that a directory that cannot be read is
    /// an error of the call.
    pub async fn list(
        &self,
        request: ListDirectoryRequest,
    ) -> Outcome<mpsc::Receiver<Result<ListDirectoryResponse, Status>>> {
        if request.depth > LIST_DEPTH_MAX {
            return Err(Failure::invalid("depth", "is at most 64"));
        }
        let identity = self.identity();
        let path = identity.resolve("path", &request.path)?;
        let depth = request.depth.max(1) as usize;
        let credentials = identity.user.credentials.clone();
        let (mut walk, first) = as_user(&credentials, move || Walk::new(path, depth)?.next()).await?;
        let (sender, receiver) = mpsc::channel(MESSAGES_WAITING);
        tokio::spawn(async move {
            let mut entries = first;
            while !entries.is_empty() {
                if sender.send(Ok(ListDirectoryResponse { entries })).await.is_err() {
                    return;
                }
                match as_user(&credentials, move || walk.next()).await {
                    Ok((rest, next)) => (walk, entries) = (rest, next),
                    Err(failure) => {
                        let _ = sender.send(Err(failure.into())).await;
                        return;
                    }
                }
            }
        });
        Ok(receiver)
    }
}

/// A walk down a tree that can stop after every message: only names are held, and only of directories on the way.
struct Walk {
    open: Vec<(PathBuf, IntoIter<OsString>)>,
    depth: usize,
    listed: usize,
}

impl Walk {
    fn new(root: PathBuf, depth: usize) -> Outcome<Self> {
        let names = names(&root).map_err(|error| about(&root, &error))?;
        let open = vec![(root, names)];
        Ok(Self { open, depth, listed: 0 })
    }

    /// The next entries, none at the end; a directory comes before what is in it.
    fn next(mut self) -> Outcome<(Self, Vec<FileStat>)> {
        let mut entries = Vec::new();
        while entries.len() < LIST_MESSAGE_ENTRIES_MAX
            && let Some((directory, names)) = self.open.last_mut()
        {
            let Some(name) = names.next() else {
                self.open.pop();
                continue;
            };
            let path = directory.join(name);
            if let Some(entry) = self.visit(&path) {
                entries.push(entry);
            }
        }
        self.listed += entries.len();
        if self.listed > LIST_ENTRIES_MAX {
            return Err(Failure::invalid(
                "path",
                "has more than 100,000 entries; list directories below it instead",
            ));
        }
        Ok((self, entries))
    }

    /// The entry's stat with links followed; none for a dangling link or what has just gone.
    fn visit(&mut self, path: &Path) -> Option<FileStat> {
        let metadata = fs::metadata(path).ok()?;
        let entered = metadata.is_dir() && self.open.len() < self.depth;
        if entered && fs::symlink_metadata(path).is_ok_and(|itself| itself.is_dir()) {
            // One that may not be read is listed and not entered.
            if let Ok(names) = names(path) {
                self.open.push((path.to_path_buf(), names));
            }
        }
        Some(describe(path, &metadata))
    }
}

fn names(directory: &Path) -> std::io::Result<IntoIter<OsString>> {
    let entries = fs::read_dir(directory)?;
    let mut names = entries
        .map(|entry| Ok(entry?.file_name()))
        .collect::<std::io::Result<Vec<_>>>()?;
    names.sort_unstable();
    Ok(names.into_iter())
}
