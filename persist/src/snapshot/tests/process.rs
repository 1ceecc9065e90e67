//! A snapshot that this process wrote, read by another one in its map.

use std::process::Command;

use super::shard::Shard;
use super::*;

/// Says to the second process where the shard is.
const VARIABLE: &str = "RPS_TEST_SHARD";

#[test]
fn another_process_reads_the_index_in_its_map_commy_30() {
    let dir = tempfile::tempdir().unwrap();
    let vfs: Arc<dyn Vfs> = Arc::new(RealVfs);
    let layout = store(&vfs, dir.path());
    let shard = files(&*vfs, &layout, "snap").remove(0);
    let second = |path: &Path| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "snapshot::tests::process::the_second_process", "--nocapture"]);
        let output = command.env(VARIABLE, path).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().find_map(|line| line.strip_prefix("second: ").map(str::to_owned)).unwrap()
    };
    let hash = blake3::Hash::from_hex(shard.file_stem().unwrap().to_str().unwrap()).unwrap();
    let own = Shard::new(vfs.map(&shard).unwrap().0, &hash).unwrap();
    let oids: Vec<String> = own.entries().map(|entry| entry.head(&own).unwrap().oid.to_string()).collect();
    assert_eq!(second(&shard), format!("inside {}", oids.join(" ")));
    let mut bytes = std::fs::read(&shard).unwrap();
    bytes[80] ^= 1;
    let damaged = dir.path().join(shard.file_name().unwrap());
    std::fs::write(&damaged, bytes).unwrap();
    assert_eq!(second(&damaged), "error: its checksum is wrong");
}

/// The other process, if it is one; in a run of all tests it has nothing to look at.
#[test]
fn the_second_process() {
    let Some(path) = std::env::var_os(VARIABLE).map(PathBuf::from) else { return };
    let hash = blake3::Hash::from_hex(path.file_stem().unwrap().to_str().unwrap()).unwrap();
    let (bytes, _) = RealVfs.map(&path).unwrap();
    assert!(bytes.is_mapped());
    let map = bytes.as_ptr_range();
    let map = map.start as usize..map.end as usize;
    match Shard::new(bytes, &hash) {
        Err(error) => println!("second: error: {error}"),
        Ok(shard) => {
            let inside = shard.entries().all(|entry| map.contains(&(std::ptr::from_ref(entry.0) as usize)));
            let oids: Vec<String> =
                shard.entries().map(|entry| entry.head(&shard).unwrap().oid.to_string()).collect();
            println!("second: {} {}", if inside { "inside" } else { "copied" }, oids.join(" "));
        }
    }
}
