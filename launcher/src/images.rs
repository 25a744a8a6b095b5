//! The images on this host: folders that root put there, found by looking them up among the folder's entries.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Value, json};

use crate::answer::{Code, Context, Failure, Outcome};
use crate::config::Config;
use crate::values::ImageId;
use crate::{files, log};

/// One image.
#[derive(Clone, Debug, Serialize)]
pub struct Image {
    /// The name of its folder.
    pub id: ImageId,
    /// The space that its files take.
    pub size_bytes: u64,
    /// What its `image.json` holds.
    pub config: Value,
}

/// The image directory.
pub struct Images {
    folder: PathBuf,
    /// Of images whose description has none. Walking an image takes long and an image does not change under its name.
    sizes: Mutex<HashMap<(ImageId, u64), u64>>,
}

impl Images {
    /// The directory of the configuration.
    ///
    /// # Errors
    /// When another user than root could put images there.
    pub fn of(config: &Config) -> Outcome<Self> {
        let folder = config.images.as_ref().to_owned();
        let about = fs::metadata(&folder)
            .with_context(|| format!("The image directory {} cannot be read", folder.display()))?;
        if about.uid() != 0 || about.mode() & 0o022 != 0 {
            let message = format!(
                "The image directory {} becomes the file system of sandboxes: it must belong to root and be writable by no one else.",
                folder.display()
            );
            return Err(Failure::new(Code::Invalid, message));
        }
        Ok(Self {
            folder,
            sizes: Mutex::default(),
        })
    }

    /// The root file system of an image, found among the directory's entries.
    ///
    /// # Errors
    /// [`Code::NotFound`] when there is none of this name.
    pub fn root(&self, id: &ImageId) -> Outcome<PathBuf> {
        for entry in self.entries()? {
            if entry.file_name().and_then(|name| name.to_str()) == Some(id.as_str()) {
                return Ok(entry.join("rootfs"));
            }
        }
        Err(Failure::new(
            Code::NotFound,
            format!("There is no image {id} on this host."),
        ))
    }

    /// All images.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn all(&self) -> Outcome<Vec<Image>> {
        let mut images = Vec::new();
        for folder in self.entries()? {
            let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
            let Some(Ok(id)) = name.map(ImageId::try_from) else {
                continue;
            };
            let config = match files::read_json(&folder.join("image.json")) {
                Ok(config) => config.unwrap_or(Value::Null),
                Err(failure) => {
                    log::error("image is not listed", json!({"reason": failure.message}));
                    continue;
                }
            };
            let size_bytes = match config.get("size_bytes").and_then(Value::as_u64) {
                Some(described) => described,
                None => self.size(&id, &folder.join("rootfs"))?,
            };
            images.push(Image { id, size_bytes, config });
        }
        images.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(images)
    }

    /// The folders of the directory that hold a root file system. Links are not followed.
    fn entries(&self) -> Outcome<Vec<PathBuf>> {
        let what = || format!("The image directory {} cannot be read", self.folder.display());
        let mut folders = Vec::new();
        for entry in fs::read_dir(&self.folder).with_context(what)? {
            let entry = entry.with_context(what)?;
            let root = entry.path().join("rootfs");
            if entry.file_type().with_context(what)?.is_dir()
                && fs::symlink_metadata(&root).is_ok_and(|about| about.is_dir())
            {
                folders.push(entry.path());
            }
        }
        Ok(folders)
    }

    fn size(&self, id: &ImageId, root: &Path) -> Outcome<u64> {
        let about = fs::metadata(root).with_context(|| format!("The image {id} cannot be read"))?;
        let key = (id.clone(), about.ino());
        if let Some(&size) = self.sizes.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(size);
        }
        let size = size_below(root);
        self.sizes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, size);
        Ok(size)
    }
}

fn size_below(folder: &Path) -> u64 {
    let mut size = 0;
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(about) = entry.metadata() else { continue };
            size += about.blocks() * 512;
            if about.is_dir() {
                open.push(entry.path());
            }
        }
    }
    size
}
