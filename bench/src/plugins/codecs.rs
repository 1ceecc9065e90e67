//! The codecs on a space file of standard objects: called directly, built in, and from a library.

use std::path::Path;
use std::time::Instant;

use rps_codecs::{Algorithm, Deflate, Lz4, Zstd};
use rps_plugin_host::{Manager, Options};
use rps_runtime::extension::Extensions;

use super::Outcome;
use crate::{store, table};

/// How many standard objects: some 6 MB in files of a megabyte, which is what stores are made of.
const OBJECTS: usize = 20_000;

pub(super) fn run(library: Option<&Path>, rounds: usize) -> Outcome {
    let dir = tempfile::tempdir()?;
    let store = dir.path().join("store");
    store::generate(OBJECTS, &store, false)?;
    let mut files = Vec::new();
    collect(&store.join("spaces"), &mut files)?;
    let size: usize = files.iter().map(Vec::len).sum();
    let mut options = Options::default();
    options.built_ins = vec![rps_codecs::PLUGIN];
    let mut managers = vec![("built in", Manager::new(options))];
    if let Some(library) = library {
        let manager = Manager::new(Options::default());
        manager.load(&library.to_string_lossy())?;
        managers.push(("from a library", manager));
    }
    println!(
        "\nCodecs on the {} files, {:.1} MB, of {OBJECTS} standard objects, MB/s (medians of {rounds}):\n",
        files.len(),
        size as f64 / 1e6
    );
    table::header(&["codec", "", "encode", "decode", "ratio"]);
    direct(&Deflate, &files, rounds)?;
    direct(&Zstd, &files, rounds)?;
    direct(&Lz4, &files, rounds)?;
    for name in ["deflate", "zstd", "lz4"] {
        for (kind, manager) in &managers {
            let codec = manager.codec_by_name(name).ok_or("the codec is there")?;
            measure(
                name,
                kind,
                &files,
                rounds,
                |plain| codec.encode(plain.to_vec()).map_err(|error| error.message),
                |coded, size| codec.decode(coded.to_vec(), size).map_err(|error| error.message),
            )?;
        }
    }
    Ok(())
}

fn direct<A: Algorithm>(algorithm: &A, files: &[Vec<u8>], rounds: usize) -> Outcome {
    let failed = |error: rps_plugin::Error| error.message().to_owned();
    measure(
        A::NAME,
        "called directly",
        files,
        rounds,
        |plain| {
            let mut coded = Vec::new();
            algorithm.encode(plain, &mut coded, &|| Ok(())).map_err(failed)?;
            Ok(coded)
        },
        |coded, size| {
            let mut plain = Vec::new();
            algorithm.decode(coded, size, &mut plain, &|| Ok(())).map_err(failed)?;
            Ok(plain)
        },
    )
}

fn measure(
    name: &str,
    kind: &str,
    files: &[Vec<u8>],
    rounds: usize,
    encode: impl Fn(&[u8]) -> Result<Vec<u8>, String>,
    decode: impl Fn(&[u8], u64) -> Result<Vec<u8>, String>,
) -> Outcome {
    let size: usize = files.iter().map(Vec::len).sum();
    let speed = |start: Instant| size as f64 / 1e6 / start.elapsed().as_secs_f64();
    let (mut encoding, mut decoding, mut coded_size) = (Vec::new(), Vec::new(), 0);
    for _ in 0..rounds {
        let start = Instant::now();
        let coded = files.iter().map(|plain| encode(plain)).collect::<Result<Vec<_>, _>>()?;
        encoding.push(speed(start));
        let start = Instant::now();
        for (coded, plain) in coded.iter().zip(files) {
            let decoded = decode(coded, plain.len() as u64)?;
            assert_eq!(decoded.len(), plain.len());
        }
        decoding.push(speed(start));
        coded_size = coded.iter().map(Vec::len).sum();
    }
    table::row(&[
        name.into(),
        kind.into(),
        format!("{:.0}", table::median(encoding)),
        format!("{:.0}", table::median(decoding)),
        format!("{:.3}", coded_size as f64 / size as f64),
    ]);
    Ok(())
}

fn collect(dir: &Path, files: &mut Vec<Vec<u8>>) -> std::io::Result<()> {
    let mut entries: Vec<_> = dir.read_dir()?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::path);
    for entry in entries {
        if entry.path().is_dir() {
            collect(&entry.path(), files)?;
        } else if entry.file_name() != "manifest.json" {
            files.push(std::fs::read(entry.path())?);
        }
    }
    Ok(())
}
