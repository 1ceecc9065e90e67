//! What merging promises: an algebra over random stores, and markers of which each side is whole.

use std::collections::BTreeMap;

use proptest::prelude::*;
use rps_runtime::Oid;
use rps_runtime::extension::NoExtensions;

use super::*;
use crate::diff::{StoreDiff, Version, VersionFile};
use crate::manifest::{FileEntry, Manifest, SpaceEntry, UnknownKeys};
use crate::native::outline::{Body, Entry, Field, Outline, PayloadOutline, quoted};
use crate::native::{SpaceFileWriter, SpaceHeader};
use crate::vfs::Bytes;

const SPACE: &str = "_9Ib7KNsLJeqA6rWFiZ";
const OIDS: [&str; 5] = [
    "_006mAbXTG4G00QR5HS",
    "_0cSUtWqTYdZ00mjeNx",
    "_1BPNX0zyint2kmoW3U",
    "_4azohMEfnuF2v0QXTG",
    "_8J6vNYtP5E800eCr5q",
];
const KEYS: [&str; 3] = ["_083n2ydb4Zm03bbZW1", "_1EBVGSfW2m200z18rx", "_64aLLlJEHskr3ObumV"];

/// An object of a random store.
#[derive(Debug, Clone, PartialEq)]
struct Model {
    class: usize,
    mtime: u8,
    attributes: BTreeMap<usize, u8>,
    components: Vec<u8>,
    payload: Payload,
}

#[derive(Debug, Clone, PartialEq)]
enum Payload {
    None,
    Set(Vec<u8>),
    Table(BTreeMap<u8, u8>),
    Function(Vec<u8>, u8),
    Class(u8, u8),
}

type Models = BTreeMap<usize, Model>;

fn payload() -> impl Strategy<Value = Payload> {
    let small = || prop::collection::vec(0u8..4, 1..5);
    prop_oneof![
        Just(Payload::None),
        prop::collection::btree_set(0u8..6, 1..5).prop_map(|set| Payload::Set(set.into_iter().collect())),
        prop::collection::btree_map(0u8..4, 0u8..3, 1..4).prop_map(Payload::Table),
        (small(), 0u8..2).prop_map(|(lines, parameter)| Payload::Function(lines, parameter)),
        (0u8..2, 0u8..2).prop_map(|(superclass, attributes)| Payload::Class(superclass, attributes)),
    ]
}

fn models() -> impl Strategy<Value = Models> {
    let model = (
        0usize..2,
        0u8..4,
        prop::collection::btree_map(0usize..3, 0u8..3, 0..4),
        prop::collection::vec(0u8..3, 0..4),
        payload(),
    );
    let model = model.prop_map(|(class, mtime, attributes, components, payload)| Model {
        class,
        mtime,
        attributes,
        components,
        payload,
    });
    prop::collection::btree_map(0usize..5, model, 0..6)
}

/// Two stores that were made of one: most objects are as they were.
fn three() -> impl Strategy<Value = [Models; 3]> {
    let choices = || prop::collection::vec(0u8..4, 5);
    (models(), models(), models(), choices(), choices()).prop_map(|(base, ours, theirs, one, other)| {
        let side = |changed: &Models, choices: &[u8]| -> Models {
            let of = |number: usize| match choices[number] {
                0 => changed.get(&number).cloned(),
                _ => base.get(&number).cloned(),
            };
            (0..5).filter_map(|number| Some((number, of(number)?))).collect()
        };
        [base.clone(), side(&ours, &one), side(&theirs, &other)]
    })
}

fn record(number: usize, model: &Model) -> Vec<u8> {
    let text = |value: &u8| value.to_string().into();
    let block = |name: &str, body: Body<'static>| Field { name: name.to_owned().into(), body };
    let known =
        |kind: &str, fields| Some(PayloadOutline { kind: kind.to_owned().into(), fields, verbatim: None });
    let payload = match &model.payload {
        Payload::None => None,
        Payload::Set(elements) => {
            known("setob", vec![block("elements", Body::List(elements.iter().map(text).collect()))])
        }
        Payload::Table(entries) => {
            let entry =
                |(key, value): (&u8, &u8)| Entry { key: format!("k{key}").into(), value: text(value) };
            known(
                "string_dictionary",
                vec![block("entries", Body::Table(entries.iter().map(entry).collect()))],
            )
        }
        Payload::Function(lines, parameter) => {
            let mut lines: Vec<_> = lines.iter().map(|line| quoted(&format!("line {line}")).into()).collect();
            let source = match lines.len() {
                1 => Body::Inline(lines.remove(0)),
                _ => Body::List(lines),
            };
            let parameter = Body::List(vec![quoted(&format!("p{parameter}")).into()]);
            known("function", vec![block("source", source), block("parameters", parameter)])
        }
        Payload::Class(superclass, attributes) => {
            let superclass = quoted(OIDS[usize::from(*superclass)]);
            let attributes = format!("{{\"set\":[{}]}}", quoted(KEYS[usize::from(*attributes)]));
            let fields = vec![
                block("superclass", Body::Inline(superclass.into())),
                block("attributes", Body::Inline(attributes.into())),
            ];
            known("classinfo", fields)
        }
    };
    let attribute = |(key, value): (&usize, &u8)| Entry { key: KEYS[*key].into(), value: text(value) };
    let outline = Outline {
        oid: Oid::parse(OIDS[number]).ok(),
        class: Some(quoted(KEYS[model.class]).into()),
        mtime: Some(format!("{}.00", model.mtime).into()),
        attributes: model.attributes.iter().map(attribute).collect(),
        components: model.components.iter().map(text).collect(),
        payload,
        extras: Vec::new(),
    };
    outline.to_text().into_bytes()
}

fn space_file(models: &Models) -> Vec<u8> {
    let oid = Oid::parse(SPACE).expect("it is one");
    let header = SpaceHeader { name: "user".to_owned(), oid, unknown: UnknownKeys::new() };
    let mut file = SpaceFileWriter::begin(Vec::new(), &header).expect("a vector takes all");
    for (number, model) in models {
        file.record(&record(*number, model)).expect("a vector takes all");
    }
    file.finish().expect("a vector takes all")
}

fn version(models: &Models) -> Version {
    let content = space_file(models);
    let space = SpaceEntry {
        name: "user".to_owned(),
        oid: Oid::parse(SPACE).expect("it is one"),
        objects: models.len() as u64,
        files: vec![FileEntry::of_content("user.json", &content)],
        unknown: UnknownKeys::new(),
    };
    let manifest = Manifest { spaces: vec![space], ..Manifest::default() };
    let files = vec![
        ("user.json".to_owned(), Bytes::from(content)),
        ("manifest.json".to_owned(), Bytes::from(manifest.to_bytes())),
    ];
    Version::of_files(files, &NoExtensions)
}

fn merge_files([base, ours, theirs]: [&Models; 3]) -> FileMerge {
    let [base, ours, theirs] = [base, ours, theirs].map(|models| Bytes::from(space_file(models)));
    merge_file(base, ours, theirs, &Labels::default(), &NoExtensions)
}

/// Returns a file as it is when one side is chosen in every conflict.
fn choose(merged: &[u8], is_left: bool) -> String {
    let text = std::str::from_utf8(merged).expect("it is text");
    let (mut out, mut side) = (String::new(), None);
    for line in text.lines() {
        match (line.get(..7), side) {
            (Some("<<<<<<<"), _) => side = Some(true),
            (Some("======="), _) => side = Some(false),
            (Some(">>>>>>>"), _) => side = None,
            (_, Some(left)) if left != is_left => {}
            _ => out.extend([line, "\n"]),
        }
    }
    out
}

fn merged_version(merged: &StoreMerge<'_>) -> Version {
    let files = merged.files(&Labels::default(), 1_000_000);
    let files = files.into_iter().map(|(path, content)| (path, Bytes::from(content))).collect();
    Version::of_files(files, &NoExtensions)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whoever changes nothing takes what the other has, and the same change on both sides is one change.
    #[test]
    fn a_side_that_changes_nothing_takes_the_other([base, ours, _] in three()) {
        for sides in [[&base, &ours, &ours], [&base, &base, &ours], [&base, &ours, &base]] {
            let merged = merge_files(sides);
            prop_assert_eq!(merged.conflicts, 0);
            prop_assert_eq!(String::from_utf8(merged.content), String::from_utf8(space_file(&ours)));
            let versions = sides.map(version);
            let merged = StoreMerge::of(&versions[0], &versions[1], &versions[2]);
            prop_assert!(merged.is_clean());
            prop_assert!(StoreDiff::of(&merged_version(&merged), &version(&ours)).objects.is_empty());
        }
    }

    /// It does not matter who is called ours.
    #[test]
    fn a_merge_is_symmetric([base, ours, theirs] in three()) {
        let (one, other) = (merge_files([&base, &ours, &theirs]), merge_files([&base, &theirs, &ours]));
        prop_assert_eq!(one.conflicts, other.conflicts);
        prop_assert_eq!(choose(&one.content, true), choose(&other.content, false));
        prop_assert_eq!(choose(&one.content, false), choose(&other.content, true));
        if one.conflicts == 0 {
            prop_assert_eq!(one.content, other.content);
        }
    }

    /// A merged file is a store's file; with conflicts, either side of it is.
    #[test]
    fn either_side_is_whole([base, ours, theirs] in three()) {
        let merged = merge_files([&base, &ours, &theirs]);
        for is_left in [true, false] {
            let text = choose(&merged.content, is_left);
            let (index, report) = crate::native::SpaceIndex::read(
                "user.json".as_ref(), text.as_bytes(), &crate::text::Limits::default());
            prop_assert!(report.is_empty(), "{}\n{}", report, text);
            for span in index.expect("there is an index").records {
                let record = &text[span.range()];
                let outline = Outline::read(record);
                prop_assert!(outline.is_ok(), "{record}");
                prop_assert_eq!(outline.expect("it was read").to_text(), record);
            }
        }
        prop_assert_eq!(merged.conflicts > 0, merged.content.windows(8).any(|window| window == b"<<<<<<< "));
        // By file and by store is the same.
        let versions = [&base, &ours, &theirs].map(version);
        let whole = StoreMerge::of(&versions[0], &versions[1], &versions[2]);
        let files = whole.files(&Labels::default(), 1_000_000);
        let content = files.get("user.json").cloned().unwrap_or_else(|| space_file(&Models::new()));
        prop_assert_eq!(String::from_utf8(content), String::from_utf8(merged.content));
    }
}

/// The first attribute of a record begins its line otherwise than the others do, and a migration's record in the registry has
/// whatever oid came up: the added ones are first, in between or last.
#[test]
fn attributes_that_both_sides_add_are_there_wherever_they_stand() {
    let object = |keys: &[usize]| {
        let attributes = keys.iter().map(|&key| (key, 1)).collect();
        let components = Vec::new();
        Models::from([(0, Model { class: 0, mtime: 1, attributes, components, payload: Payload::None })])
    };
    let all = String::from_utf8(space_file(&object(&[0, 1, 2]))).expect("it is text");
    for had in [&[][..], &[0], &[1], &[2]] {
        let missing: Vec<usize> = (0..KEYS.len()).filter(|key| !had.contains(key)).collect();
        for of_ours in &missing {
            let with = |is_wanted: &dyn Fn(&usize) -> bool| {
                let added = missing.iter().copied().filter(is_wanted);
                object(&had.iter().copied().chain(added).collect::<Vec<_>>())
            };
            let (ours, theirs) = (with(&|key| key == of_ours), with(&|key| key != of_ours));
            let merged = merge_files([&object(had), &ours, &theirs]);
            assert_eq!(merged.conflicts, 0, "{had:?} {of_ours}");
            assert_eq!(String::from_utf8_lossy(&merged.content), all, "{had:?} {of_ours}");
        }
    }
}

#[test]
fn a_manifest_is_settled_by_the_versions_of_its_files() {
    let model = |price: u8| Model {
        class: 0,
        mtime: price,
        attributes: BTreeMap::from([(0, price)]),
        components: Vec::new(),
        payload: Payload::None,
    };
    let base = Models::from([(0, model(1)), (1, model(1))]);
    let ours = Models::from([(0, model(2)), (1, model(1)), (2, model(1))]);
    let theirs = Models::from([(0, model(1)), (1, model(3)), (3, model(1)), (4, model(1))]);
    let [b, o, t] =
        [&base, &ours, &theirs].map(|models| version(models).manifest.expect("there is one").to_bytes());
    let found = unsettled(&b, &o, &t);
    assert_eq!(found.iter().map(|file| &*file.path).collect::<Vec<_>>(), ["user.json"]);
    let files = merge_files([&base, &ours, &theirs]);
    assert_eq!(files.conflicts, 0);
    let [b, o, t] = [b, o, t].map(Bytes::from);
    let manifest = merge_file(b, o, t, &Labels::default(), &NoExtensions);
    let texts = [&base, &ours, &theirs].map(space_file);
    let settled = settle(&manifest.content, "user.json", [&texts[0], &texts[1], &texts[2]], &files.content);
    let (read, _) =
        Manifest::read("manifest.json".as_ref(), &settled, &crate::text::Limits::default()).expect("sound");
    assert_eq!(read.spaces[0].objects, 5);
    assert!(read.spaces[0].files[0].is_same_file(&FileEntry::of_content("user.json", &files.content)));
    let mut settled_files = vec![("user.json".to_owned(), Bytes::from(files.content))];
    settled_files.push(("manifest.json".to_owned(), Bytes::from(settled.clone())));
    let (described, objects) = seal::describe(settled_files, &NoExtensions).expect("it is sound");
    assert_eq!((described.to_bytes(), objects), (settled, 5), "sealing says the same");
}

#[test]
fn a_merged_store_has_the_files_of_a_dump() {
    use std::path::Path;
    use std::sync::Arc;

    use rps_runtime::{Runtime, known};

    use crate::Store;
    use crate::native::DumpOptions;
    use crate::vfs::Vfs;
    use crate::vfs::memory::MemoryVfs;

    let runtime = Runtime::new();
    runtime.enter(|m| {
        let space = m.object_or_skeleton(Oid::parse(SPACE).unwrap());
        for oid in OIDS.iter().map(|oid| Oid::parse(oid).unwrap()).chain([space.oid()]) {
            let object = m.object_or_skeleton(oid);
            object.set_class(m, m.class(known::OBJECT)).unwrap();
            object.set_space(m, Some(space));
        }
    });
    let size = |limit| {
        let vfs: Arc<dyn Vfs> = Arc::new(MemoryVfs::new());
        let options = DumpOptions { file_limit: limit, ..DumpOptions::default() };
        let root = Path::new("/s");
        Store::create(&vfs, root).unwrap().dump_with(&runtime, &options).unwrap();
        let version = Version::read(&vfs, root, &NoExtensions).unwrap();
        let merged = StoreMerge::of(&version, &version, &version).files(&Labels::default(), limit);
        let paths: Vec<&str> = version.files.iter().map(|file| &*file.path).collect();
        let of_merge: Vec<&str> =
            merged.keys().map(|path| &**path).filter(|path| *path != "manifest.json").collect();
        assert_eq!(of_merge, paths, "{limit}");
        let bytes: usize =
            version.files.iter().flat_map(VersionFile::records).map(|span| span.len as usize).sum();
        (bytes, paths.len())
    };
    let (bytes, files) = size(1_000_000);
    assert_eq!(files, 1);
    // What stands between the records counts.
    for limit in bytes..bytes + 20 {
        size(limit);
    }
    assert!(size(bytes).1 > 1);
}
