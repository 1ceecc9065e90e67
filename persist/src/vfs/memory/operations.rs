//! The operations of the trait on a disk in memory.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::{Content, Disk, Inode, MemoryVfs};
use crate::vfs::{Bytes, DirEntry, FileId, FileKind, LockMode, Metadata, Vfs, VfsFile, VfsLock};

impl Vfs for MemoryVfs {
    fn read(&self, path: &Path) -> io::Result<Bytes> {
        let disk = self.0.lock();
        let content = disk.files.get(&disk.find(path)?).ok_or(io::ErrorKind::IsADirectory)?;
        Ok(content.written.clone().into())
    }

    fn map(&self, path: &Path) -> io::Result<(Bytes, Metadata)> {
        let disk = self.0.lock();
        let inode = disk.find(path)?;
        let content = disk.files.get(&inode).ok_or(io::ErrorKind::IsADirectory)?;
        Ok((content.written.clone().into(), disk.metadata(inode)))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn VfsFile>> {
        let mut disk = self.0.lock();
        let (directory, name) = disk.vacant(path)?;
        let inode = disk.fresh();
        disk.files.insert(inode, Content::default());
        disk.times.touch(inode);
        disk.insert(directory, name, inode);
        disk.changed(&[directory]);
        Ok(Box::new(MemoryFile { disk: Arc::clone(&self.0), inode }))
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        let mut disk = self.0.lock();
        let inode = disk.find(path)?;
        let content = disk.files.get_mut(&inode).ok_or(io::ErrorKind::IsADirectory)?;
        content.durable.clone_from(&content.written);
        Ok(())
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut disk = self.0.lock();
        let inode = disk.find(path)?;
        let Some(entries) = disk.names.get(&inode).cloned() else {
            return Err(io::ErrorKind::NotADirectory.into());
        };
        disk.synced.insert(inode, entries);
        if let Some(last) = disk.history.iter().rposition(|(_, touched)| touched.contains(&inode)) {
            disk.history.drain(..last);
            disk.history[0].1.clear();
        }
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut disk = self.0.lock();
        let inode = disk.find(from)?;
        let ((old, old_name), (new, new_name)) = (disk.place(from)?, disk.place(to)?);
        match disk.names[&new].get(new_name).copied() {
            Some(target) if disk.is_dir(target) => {
                if !disk.is_dir(inode) {
                    return Err(io::ErrorKind::IsADirectory.into());
                }
                if !disk.names[&target].is_empty() {
                    return Err(io::ErrorKind::DirectoryNotEmpty.into());
                }
            }
            Some(_) if disk.is_dir(inode) => return Err(io::ErrorKind::NotADirectory.into()),
            _ => {}
        }
        disk.remove(old, old_name);
        disk.insert(new, new_name, inode);
        disk.times.rename(inode);
        disk.changed(&[old, new]);
        Ok(())
    }

    fn exchange(&self, a: &Path, b: &Path) -> io::Result<()> {
        let mut disk = self.0.lock();
        let (inode_a, inode_b) = (disk.find(a)?, disk.find(b)?);
        let ((dir_a, name_a), (dir_b, name_b)) = (disk.place(a)?, disk.place(b)?);
        disk.insert(dir_a, name_a, inode_b);
        disk.insert(dir_b, name_b, inode_a);
        disk.changed(&[dir_a, dir_b]);
        Ok(())
    }

    fn hard_link(&self, original: &Path, link: &Path) -> io::Result<()> {
        let mut disk = self.0.lock();
        let inode = disk.find(original)?;
        if disk.is_dir(inode) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let (directory, name) = disk.vacant(link)?;
        disk.insert(directory, name, inode);
        disk.times.rename(inode);
        disk.changed(&[directory]);
        Ok(())
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let mut disk = self.0.lock();
        let (directory, name) = disk.vacant(path)?;
        let inode = disk.fresh();
        disk.names.insert(inode, BTreeMap::new());
        disk.insert(directory, name, inode);
        disk.changed(&[directory]);
        Ok(())
    }

    fn create_temp_dir(&self, parent: &Path, prefix: &str) -> io::Result<PathBuf> {
        let number = self.0.lock().fresh();
        let path = parent.join(format!("{prefix}{number:06}"));
        self.create_dir(&path)?;
        Ok(path)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut disk = self.0.lock();
        let inode = disk.find(path)?;
        if disk.is_dir(inode) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let (directory, name) = disk.place(path)?;
        disk.remove(directory, name);
        disk.times.rename(inode);
        disk.changed(&[directory]);
        Ok(())
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        for entry in self.read_dir(path)? {
            let child = path.join(entry.name);
            match entry.kind {
                FileKind::Dir => self.remove_dir_all(&child)?,
                _ => self.remove_file(&child)?,
            }
        }
        let mut disk = self.0.lock();
        let (directory, name) = disk.place(path)?;
        disk.remove(directory, name);
        disk.changed(&[directory]);
        Ok(())
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        let disk = self.0.lock();
        let entries = disk.names.get(&disk.find(path)?).ok_or(io::ErrorKind::NotADirectory)?;
        let kind = |inode: &Inode| if disk.is_dir(*inode) { FileKind::Dir } else { FileKind::File };
        Ok(entries.iter().map(|(name, inode)| DirEntry { name: name.clone(), kind: kind(inode) }).collect())
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        let disk = self.0.lock();
        let inode = disk.find(path)?;
        Ok(disk.metadata(inode))
    }

    fn lock(&self, path: &Path, mode: LockMode) -> io::Result<Box<dyn VfsLock>> {
        let mut disk = self.0.lock();
        let inode = disk.find(path)?;
        let holders = match disk.locks.get(&inode) {
            None => 0,
            Some((holders, LockMode::Shared)) if mode == LockMode::Shared => *holders,
            Some(_) => return Err(io::ErrorKind::WouldBlock.into()),
        };
        disk.locks.insert(inode, (holders + 1, mode));
        Ok(Box::new(MemoryLock { disk: Arc::clone(&self.0), inode }))
    }
}

struct MemoryFile {
    disk: Arc<Mutex<Disk>>,
    inode: Inode,
}

impl Write for MemoryFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut disk = self.disk.lock();
        disk.files.entry(self.inode).or_default().written.extend_from_slice(bytes);
        disk.times.touch(self.inode);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl VfsFile for MemoryFile {
    fn sync(&mut self) -> io::Result<()> {
        let mut disk = self.disk.lock();
        let content = disk.files.entry(self.inode).or_default();
        content.durable.clone_from(&content.written);
        Ok(())
    }

    fn sync_data(&mut self) -> io::Result<()> {
        self.sync()
    }
}

#[derive(Debug)]
struct MemoryLock {
    disk: Arc<Mutex<Disk>>,
    inode: Inode,
}

impl VfsLock for MemoryLock {
    fn id(&self) -> io::Result<FileId> {
        Ok(FileId { device: 0, inode: self.inode })
    }

    fn set_content(&mut self, content: &[u8]) -> io::Result<()> {
        let mut disk = self.disk.lock();
        let file = disk.files.get_mut(&self.inode).ok_or(io::ErrorKind::IsADirectory)?;
        file.written = content.to_vec();
        disk.times.touch(self.inode);
        Ok(())
    }
}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        let mut disk = self.disk.lock();
        if let Some((holders, _)) = disk.locks.get_mut(&self.inode) {
            *holders -= 1;
            if *holders == 0 {
                disk.locks.remove(&self.inode);
            }
        }
    }
}
