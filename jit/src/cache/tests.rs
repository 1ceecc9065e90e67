//! RPS-31: the code cache on disk.

use std::fs::{self, File, FileTimes};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::{Cache, CacheStats, HEADER, Key};

const PLENTY: u64 = 1 << 20;

fn key(number: u8) -> Key {
    Key::new("build", 1, &[number])
}

fn cache(folder: &TempDir) -> Cache {
    Cache::new(folder.path().join("cache"), PLENTY)
}

fn path(folder: &TempDir, key: Key) -> std::path::PathBuf {
    folder.path().join("cache").join(key.file())
}

/// Lets a file be older than it is.
fn age(path: &Path, seconds: u64) {
    let time = SystemTime::now() - Duration::from_secs(seconds);
    let file = File::options().write(true).open(path).expect("it is there");
    file.set_times(FileTimes::new().set_modified(time)).expect("it is this user's");
}

#[test]
fn rps_31_what_was_kept_is_found_by_the_next_one() {
    let folder = TempDir::new().expect("there is room");
    let first = cache(&folder);
    assert_eq!(first.get(key(1)), None);
    first.put(key(1), b"object");
    let second = cache(&folder);
    assert_eq!(second.get(key(1)).as_deref(), Some(&b"object"[..]));
    // The module, the level, and the backend's build make the key; what runs into each other differs.
    for other in [Key::new("build", 2, &[1]), Key::new("builD", 1, &[1]), Key::new("buil", 1, &[1]), key(2)] {
        assert_ne!(other, key(1));
        assert_eq!(second.get(other), None);
    }
    assert_eq!(second.stats(), CacheStats { hits: 1, misses: 4, ..CacheStats::default() });
    let mode = fs::metadata(folder.path().join("cache")).expect("it was made").permissions().mode();
    assert_eq!(mode & 0o077, 0, "others may not look in");
}

#[test]
fn rps_31_every_damage_is_noticed_and_removed() {
    let folder = TempDir::new().expect("there is room");
    cache(&folder).put(key(1), b"object");
    let whole = fs::read(path(&folder, key(1))).expect("it is there");
    let mut damaged: Vec<Vec<u8>> = (0..whole.len()).map(|len| whole[..len].to_vec()).collect();
    for place in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[place] ^= 1;
        damaged.push(bytes);
    }
    damaged.push([&whole[..], b"x"].concat());
    for bytes in damaged {
        fs::write(path(&folder, key(1)), &bytes).expect("there is room");
        let cache = cache(&folder);
        assert_eq!(cache.get(key(1)), None, "{bytes:?}");
        assert_eq!(cache.stats().damaged, 1);
        assert!(!path(&folder, key(1)).exists());
    }
    // That of another key is damaged under this one.
    fs::write(path(&folder, key(2)), &whole).expect("there is room");
    assert_eq!(cache(&folder).get(key(2)), None);
}

#[test]
fn rps_31_what_was_not_used_for_long_makes_room() {
    let folder = TempDir::new().expect("there is room");
    let cache = Cache::new(folder.path().join("cache"), 10 * 1000);
    let object = vec![7; 1000 - HEADER];
    for number in 0..10 {
        cache.put(key(number), &object);
        age(&path(&folder, key(number)), 100_000 - u64::from(number));
    }
    assert_eq!(cache.stats().evicted, 0);
    // Who is used is young again.
    assert!(cache.get(key(0)).is_some());
    fs::write(folder.path().join("cache/notes"), "not ours").expect("there is room");
    cache.put(key(10), &object);
    let left: Vec<u8> = (0..=10).filter(|&number| path(&folder, key(number)).exists()).collect();
    assert_eq!(left, [0, 5, 6, 7, 8, 9, 10], "down to three quarters, with the new one");
    assert_eq!(cache.stats().evicted, 4);
    assert!(folder.path().join("cache/notes").exists());
    // What is too large for it is not kept.
    cache.put(key(11), &vec![0; 6000]);
    assert!(!path(&folder, key(11)).exists() && cache.stats().problem.is_none());
}

#[test]
fn what_others_can_reach_is_not_used() {
    let folder = TempDir::new().expect("there is room");
    cache(&folder).put(key(1), b"object");
    let inside = path(&folder, key(1));
    // A link in the place of a file leads nowhere, and what it leads to stays.
    let outside = folder.path().join("outside");
    fs::rename(&inside, &outside).expect("it is moved");
    symlink(&outside, &inside).expect("it is linked");
    assert_eq!(cache(&folder).get(key(1)), None);
    cache(&folder).put(key(1), b"other");
    assert!(fs::symlink_metadata(&inside).expect("it is there").is_file());
    assert!(fs::read(&outside).expect("it is there").ends_with(b"object"));
    // What others may write is not read.
    fs::set_permissions(&inside, fs::Permissions::from_mode(0o666)).expect("it is this user's");
    assert_eq!(cache(&folder).get(key(1)), None);
    fs::set_permissions(&inside, fs::Permissions::from_mode(0o600)).expect("it is this user's");
    let whole = folder.path().join("cache");
    fs::set_permissions(&whole, fs::Permissions::from_mode(0o777)).expect("it is this user's");
    let open = cache(&folder);
    assert_eq!(open.get(key(1)), None);
    assert!(open.stats().problem.is_some_and(|problem| problem.contains("other users")));
    // A link in the place of the folder leads nowhere, either.
    fs::set_permissions(&whole, fs::Permissions::from_mode(0o700)).expect("it is this user's");
    let elsewhere = folder.path().join("elsewhere");
    fs::rename(&whole, &elsewhere).expect("it is moved");
    symlink(&elsewhere, &whole).expect("it is linked");
    let linked = cache(&folder);
    assert_eq!(linked.get(key(1)), None);
    assert!(linked.stats().problem.is_some());
}

#[test]
fn without_a_folder_around_it_there_is_none() {
    let folder = TempDir::new().expect("there is room");
    let cache = Cache::new(folder.path().join(".rps/cache"), PLENTY);
    cache.put(key(1), b"object");
    assert_eq!(cache.get(key(1)), None);
    assert!(!folder.path().join(".rps").exists(), "nobody makes a store's folder by compiling");
}

#[test]
fn what_can_not_be_written_is_said_once_and_what_is_there_is_read() {
    let folder = TempDir::new().expect("there is room");
    cache(&folder).put(key(1), b"object");
    // A folder in the place of the file: it can not be renamed over.
    fs::create_dir(path(&folder, key(2))).expect("there is room");
    let cache = cache(&folder);
    cache.put(key(2), b"object");
    assert!(cache.stats().problem.is_some_and(|problem| problem.contains("nothing more is written")));
    cache.put(key(3), b"object");
    assert!(!path(&folder, key(3)).exists());
    assert!(cache.get(key(1)).is_some());
    let names = fs::read_dir(folder.path().join("cache")).expect("it is there").count();
    assert_eq!(names, 2, "nothing is left of what was begun");
}

#[test]
fn what_nobody_finished_is_removed() {
    let folder = TempDir::new().expect("there is room");
    cache(&folder).put(key(1), b"object");
    for (name, seconds) in [("new-1-1-1", 10_000), ("new-2-1-1", 1)] {
        let path = folder.path().join("cache").join(name);
        fs::write(&path, "half").expect("there is room");
        age(&path, seconds);
    }
    assert!(cache(&folder).get(key(1)).is_some());
    assert!(!folder.path().join("cache/new-1-1-1").exists());
    assert!(folder.path().join("cache/new-2-1-1").exists(), "somebody may be at it");
}

#[test]
fn rps_31_many_may_use_it_at_once() {
    let folder = TempDir::new().expect("there is room");
    let objects: Vec<Vec<u8>> = (0..20u8).map(|number| vec![number; 1000]).collect();
    std::thread::scope(|scope| {
        for thread in 0..8u8 {
            let (folder, objects) = (&folder, &objects);
            scope.spawn(move || {
                // Each has its own, as processes have; there is no room for all objects.
                let cache = Cache::new(folder.path().join("cache"), 12_000);
                for turn in 0..200u32 {
                    let number = (turn.wrapping_mul(7) + u32::from(thread) * 3) % 20;
                    let object = &objects[number as usize];
                    match cache.get(key(number as u8)) {
                        Some(found) => assert_eq!(&found, object),
                        None => cache.put(key(number as u8), object),
                    }
                }
                assert_eq!((cache.stats().damaged, cache.stats().problem), (0, None));
            });
        }
    });
}
