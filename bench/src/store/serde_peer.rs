//! The peer: `serde_json` with derived structures, references resolved through a hash map.

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A file of the store, as far as standard objects need it; what is in the classes of the store is skipped.
#[derive(Deserialize, Serialize)]
struct File<'t> {
    #[serde(borrow)]
    objects: Vec<Record<'t>>,
}

#[derive(Deserialize, Serialize)]
struct Record<'t> {
    oid: &'t str,
    class: &'t str,
    mtime: f64,
    #[serde(borrow)]
    attributes: Option<Attributes<'t>>,
    #[serde(borrow)]
    components: Option<(i64, &'t str, &'t str, &'t str)>,
}

#[derive(Deserialize, Serialize)]
struct Attributes<'t> {
    #[serde(rename = "_1sxEncP5Yyn02wQ3vZ")]
    text: Option<&'t str>,
    #[serde(rename = "_3kfLQb9Ujdp01rTz6Y")]
    number: Option<i64>,
    #[serde(rename = "_5vRm2WxHsKa03bNqJ8")]
    link: Option<&'t str>,
}

/// A loaded object: references are positions.
struct Object {
    oid: String,
    class: u32,
    mtime: f64,
    text: String,
    number: i64,
    link: u32,
    first: i64,
    second: String,
    third: u32,
    fourth: u32,
}

/// All objects.
pub(crate) struct Loaded {
    objects: Vec<Object>,
    bytes: u64,
}

impl Loaded {
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}

fn files(dir: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            files(&path, into)?;
        } else if path.file_name().is_some_and(|name| name != "manifest.json") {
            into.push(path);
        }
    }
    Ok(())
}

/// Loads the files of a store.
pub(crate) fn load(store: &Path) -> Result<Loaded, Box<dyn std::error::Error>> {
    let mut paths = Vec::new();
    files(&store.join("spaces"), &mut paths)?;
    paths.sort();
    let mut bytes = 0;
    let mut objects = Vec::new();
    let mut positions: HashMap<String, u32> = HashMap::new();
    let mut links: Vec<[Option<String>; 4]> = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(path)?;
        bytes += text.len() as u64;
        let file: File<'_> = serde_json::from_str(&text)?;
        for record in file.objects {
            let (Some(attributes), Some((first, second, third, fourth))) =
                (record.attributes, record.components)
            else {
                continue;
            };
            positions.insert(record.oid.to_owned(), objects.len() as u32);
            links.push([
                Some(record.class.to_owned()),
                attributes.link.map(str::to_owned),
                Some(third.to_owned()),
                Some(fourth.to_owned()),
            ]);
            objects.push(Object {
                oid: record.oid.to_owned(),
                class: 0,
                mtime: record.mtime,
                text: attributes.text.unwrap_or_default().to_owned(),
                number: attributes.number.unwrap_or_default(),
                link: 0,
                first,
                second: second.to_owned(),
                third: 0,
                fourth: 0,
            });
        }
    }
    for (object, [class, link, third, fourth]) in objects.iter_mut().zip(links) {
        let position =
            |oid: Option<String>| oid.and_then(|oid| positions.get(&oid)).copied().unwrap_or(u32::MAX);
        object.class = position(class);
        object.link = position(link);
        object.third = position(third);
        object.fourth = position(fourth);
    }
    Ok(Loaded { objects, bytes })
}

/// Writes all objects into one file, and syncs it.
pub(crate) fn dump(loaded: &Loaded, out: &Path) -> Result<(), Box<dyn std::error::Error>> {
    std::fs::create_dir_all(out)?;
    let file = std::fs::File::create(out.join("objects.json"))?;
    let mut writer = BufWriter::with_capacity(1 << 20, file);
    let oid = |position: u32| loaded.objects.get(position as usize).map_or("", |object| &object.oid);
    for object in &loaded.objects {
        let record = Record {
            oid: &object.oid,
            class: oid(object.class),
            mtime: object.mtime,
            attributes: Some(Attributes {
                text: Some(&object.text),
                number: Some(object.number),
                link: Some(oid(object.link)),
            }),
            components: Some((object.first, &object.second, oid(object.third), oid(object.fourth))),
        };
        serde_json::to_writer(&mut writer, &record)?;
        writer.write_all(b"\n")?;
    }
    writer.flush()?;
    writer.get_ref().sync_all()?;
    Ok(())
}
