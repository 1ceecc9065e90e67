//! What can be done to a store, by name; each is salvaged, and all that must hold is checked.

use std::collections::BTreeSet;

use rps_persist::Severity;

use crate::support::{
    ANIMAL, COLOUR, CORE, DOG, Files, Outcome, USER, describe, file_of, path, pet, records, salvaged, sample,
    sample_with_previous,
};

/// Something that is done to the files of a store.
type Damage = Box<dyn Fn(&mut Files)>;

fn edit(name: &str, change: impl Fn(&mut Vec<u8>) + 'static) -> Damage {
    let name = path(name);
    Box::new(move |files| change(files.get_mut(&name).expect("the file is there")))
}

fn replaced(file: &str, from: &str, to: &str) -> Damage {
    let (from, to) = (from.to_owned(), to.to_owned());
    edit(file, move |content| {
        let text = String::from_utf8(content.clone()).unwrap();
        assert!(text.contains(&from), "{from}");
        *content = text.replacen(&from, &to, 1).into_bytes();
    })
}

/// The same, and the manifest describes the result: the content alone is damaged.
fn described(damage: Damage) -> Damage {
    Box::new(move |files| {
        damage(files);
        describe(files);
    })
}

fn removed(name: &str) -> Damage {
    let name = path(name);
    Box::new(move |files| drop(files.remove(&name).expect("the file is there")))
}

fn added(name: &str, content: &str) -> Damage {
    let (name, content) = (path(name), content.to_owned());
    Box::new(move |files| drop(files.insert(name.clone(), content.clone().into_bytes())))
}

/// Replaces the record of an object.
fn record(oid: rps_runtime::Oid, change: impl Fn(&str) -> String + 'static) -> Damage {
    Box::new(move |files| {
        let (name, old) = (file_of(files, oid), records(files)[&oid.to_string()].clone());
        let text = String::from_utf8(files[&path(&name)].clone()).unwrap();
        files.insert(path(&name), text.replacen(&old, &change(&old), 1).into_bytes());
    })
}

fn swap(record: &str, from: &str, to: &str) -> String {
    assert!(record.contains(from), "{from} in {record}");
    record.replacen(from, to, 1)
}

/// All damages, by name.
fn damages() -> Vec<(String, Damage)> {
    let files = sample().files();
    let user = (0..24)
        .map(|number| file_of(&files, pet(number)))
        .max_by_key(|name| files[&path(name)].len())
        .unwrap();
    let core = file_of(&files, DOG);
    let state = "state/geo%2fcounter.json";
    let mut all: Vec<(String, Damage)> = Vec::new();
    let mut add = |name: &str, damage: Damage| all.push((name.to_owned(), damage));

    // Files as a whole: of classes, of objects, of a plugin's state, and the manifest.
    for file in [&*core, &*user, state, "manifest.json"] {
        add(&format!("{file} is missing"), removed(file));
        add(&format!("{file} is empty"), edit(file, Vec::clear));
        add(&format!("{file} is blank"), edit(file, |content| *content = b"\n \n".to_vec()));
        add(&format!("{file} is zeros"), edit(file, |content| content.fill(0)));
        add(&format!("{file} is another text"), edit(file, |content| *content = b"hello\n".to_vec()));
        add(
            &format!("{file} is cut in the middle"),
            edit(file, |content| content.truncate(content.len() / 2)),
        );
        add(&format!("{file} is cut at its end"), edit(file, |content| content.truncate(content.len() - 4)));
        add(&format!("{file} is cut at its beginning"), edit(file, |content| drop(content.drain(..9))));
        add(
            &format!("{file} has a byte order mark"),
            edit(file, |content| {
                content.splice(..0, *b"\xEF\xBB\xBF");
            }),
        );
        add(
            &format!("{file} has other line ends"),
            edit(file, |content| {
                *content = String::from_utf8(content.clone()).unwrap().replace('\n', "\r\n").into_bytes();
            }),
        );
        add(
            &format!("{file} is UTF-16"),
            edit(file, |content| {
                let text = String::from_utf8(content.clone()).unwrap();
                *content =
                    [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
            }),
        );
        add(
            &format!("{file} is there twice in itself"),
            edit(file, |content| content.extend(content.clone())),
        );
        add(&format!("{file} has another format"), replaced(file, "repersys-1", "repersyz-1"));
        add(
            &format!("{file} is a directory"),
            Box::new({
                let file = path(file);
                move |files| {
                    let content = files.remove(&file).unwrap();
                    files.insert(file.join("inner.json"), content);
                }
            }),
        );
    }
    add(
        "everything but the manifest is missing",
        Box::new(|files| {
            files.retain(|path, _| {
                !path.to_string_lossy().contains("/spaces/") || path.ends_with("manifest.json")
            });
        }),
    );

    // Files that do not belong there, or not there.
    add("a file of someone else", added("notes.txt", "milk, bread\n"));
    add(
        "a copy of a file",
        Box::new({
            let user = path(&user);
            move |files| drop(files.insert(path("user copy.json"), files[&user].clone()))
        }),
    );
    add(
        "a renamed file",
        Box::new({
            let user = path(&user);
            move |files| {
                let content = files.remove(&user).unwrap();
                files.insert(path("user (1).json"), content);
            }
        }),
    );
    add(
        "two files exchanged",
        Box::new({
            let (a, b) = (path(&user), path(&core));
            move |files| {
                let (of_a, of_b) = (files[&a].clone(), files[&b].clone());
                files.extend([(a.clone(), of_b), (b.clone(), of_a)]);
            }
        }),
    );

    // The frame of a file.
    add("the name of the space", replaced(&user, "\"name\":\"user\"", "\"name\":\"usex\""));
    add(
        "the oid of the space",
        replaced(&user, &format!("\"oid\":\"{USER}\"}}"), "\"oid\":\"_9Ib7KNsLJeqA6rWFiz\"}"),
    );
    add(
        "the oid of the space, described",
        described(replaced(&user, &format!("\"oid\":\"{USER}\"}}"), "\"oid\":\"_9Ib7KNsLJeqA6rWFiz\"}")),
    );
    add("the line of the space", replaced(&user, ",\"space\":{\"name\"", ",\"spa\":{\"nam\""));
    add("the line of the objects", replaced(&user, ",\"objects\":[", ",\"objects\":"));
    add("the end of the objects", replaced(&user, "\n]}\n", "\n"));
    add("a line between", replaced(&user, "},\n", "},\nwhat is this?\n"));
    add("no comma between", replaced(&user, "},\n", "}\n"));
    add("two commas between", replaced(&user, "},\n", "},,\n"));

    // Records.
    for (what, oid) in
        [("class", ANIMAL), ("subclass", DOG), ("symbol", COLOUR), ("space", CORE), ("object", pet(3))]
    {
        add(&format!("the record of a {what} is gone"), described(record(oid, |_| String::new())));
        add(&format!("the first line of a {what}"), record(oid, |old| swap(old, "{\"oid\"", "{\"oik\"")));
        add(&format!("the oid of a {what}"), record(oid, |old| swap(old, "{\"oid\":\"_", "{\"oid\":\"~")));
        add(&format!("a quote in a {what}"), record(oid, |old| swap(old, "\"mtime\"", "\"mtime")));
        add(&format!("a bracket in a {what}"), record(oid, |old| old.trim_end_matches('}').to_owned()));
        add(&format!("a key in a {what}"), record(oid, |old| swap(old, "\"mtime\":", "\"mtime\";")));
        add(
            &format!("the time of a {what}"),
            described(record(oid, |old| swap(old, "\"mtime\":1", "\"mtime\":x"))),
        );
        add(
            &format!("the class of a {what}"),
            described(record(oid, |old| {
                let at = old.find("\"class\":\"").unwrap() + 9;
                format!("{}{}{}", &old[..at], pet(9), &old[at + 19..])
            })),
        );
        add(&format!("a {what} twice"), described(record(oid, |old| format!("{old},\n{old}"))));
        add(
            &format!("a {what} twice, in two ways"),
            record(oid, |old| format!("{old},\n{}", swap(old, "158", "159"))),
        );
    }
    add("bytes that are no text", record(pet(4), |old| swap(old, "grün", "gr\u{fffd}n")));
    add(
        "a payload of a kind with other fields",
        described(record(pet(4), |old| swap(old, "\"elements\"", "\"elephants\""))),
    );
    add("a payload without a kind", described(record(pet(4), |old| swap(old, "\"kind\":", "\"king\":"))));
    add(
        "an array for a value",
        described(record(pet(4), |old| swap(old, "\"components\":[\n ", "\"components\":[\n [1]\n,"))),
    );
    add("a number out of range", described(record(pet(4), |old| swap(old, "1.5", "1e999"))));
    add(
        "a reference to nothing",
        described(record(pet(4), |old| swap(old, &pet(11).to_string(), "_0cSUtWqTYdZ00mjeAA"))),
    );
    add(
        "a reference that is no oid",
        described(record(pet(4), |old| swap(old, &pet(11).to_string(), "_ZZZZZZZZZZZZZZZZZZ"))),
    );
    add(
        "an attribute that is nothing",
        described(record(pet(4), |old| swap(old, &COLOUR.to_string(), "_0cSUtWqTYdZ00mjeAA"))),
    );
    add("a key of a dictionary", described(record(pet(6), |old| swap(old, "[\"k\",", "["))));
    add(
        "values nested too deeply",
        described(record(pet(4), |old| {
            swap(old, "1.5", &format!("{}1{}", "{\"tuple\":[".repeat(2000), "]}".repeat(2000)))
        })),
    );
    add(
        "a superclass cycle",
        described(record(ANIMAL, |old| {
            let at = old.find("\"superclass\":\"").unwrap() + 14;
            format!("{}{DOG}{}", &old[..at], &old[at + 19..])
        })),
    );
    add(
        "a superclass that is no class",
        described(record(DOG, |old| swap(old, &ANIMAL.to_string(), &pet(1).to_string()))),
    );
    add(
        "a superclass that is nothing",
        described(record(DOG, |old| swap(old, &ANIMAL.to_string(), "_0cSUtWqTYdZ00mjeAA"))),
    );
    add(
        "a class that has lost its payload",
        described(record(ANIMAL, |old| format!("{}\n}}", &old[..old.find("\n,\"payload\"").unwrap()]))),
    );
    add(
        "two symbols with one name",
        described(record(pet(3), |old| {
            format!(
                "{}\n,\"payload\":{{\"kind\":\"symbol\"\n,\"name\":\"colour\"\n}}\n}}",
                old.trim_end_matches("\n}")
            )
        })),
    );
    add(
        "records out of order",
        described(Box::new({
            let user = user.clone();
            move |files| {
                let of_file: Vec<String> = records(files).into_values().collect();
                let text = String::from_utf8(files[&path(&user)].clone()).unwrap();
                let inside: Vec<&String> =
                    of_file.iter().filter(|record| text.contains(record.as_str())).collect();
                let text = text
                    .replacen(inside[0], "\0", 1)
                    .replacen(inside[1], inside[0], 1)
                    .replacen('\0', inside[1], 1);
                let text = text.replacen(&format!("\n{}", inside[0]), &format!("\n{}<", inside[0]), 1);
                files.insert(path(&user), text.into_bytes());
            }
        })),
    );

    // Merges.
    add(
        "a conflict in a file",
        record(pet(4), |old| {
            let theirs = swap(old, "1.5", "2.5");
            format!("<<<<<<< HEAD\n{old}\n=======\n{theirs}\n>>>>>>> branch")
        }),
    );
    add(
        "a conflict within a record",
        record(pet(4), |old| {
            swap(
                old,
                "\n,\"components\"",
                "\n<<<<<<< HEAD\n,\"later\":1\n||||||| base\n=======\n,\"later\":2\n>>>>>>> branch\n,\"components\"",
            )
        }),
    );
    add(
        "a conflict that ends nowhere",
        record(pet(4), |old| swap(old, "\n,\"components\"", "\n<<<<<<< HEAD\n,\"components\"")),
    );
    add(
        "a conflict in the manifest",
        edit("manifest.json", |content| {
            let text = String::from_utf8(content.clone()).unwrap();
            let line = format!("\"{DOG}\"");
            let both = format!("<<<<<<< HEAD\n {line}\n=======\n \"{}\"\n>>>>>>> branch\n", pet(1));
            *content = text.replacen(&format!(" {line}\n"), &both, 1).into_bytes();
        }),
    );

    // The manifest.
    add("a count", replaced("manifest.json", "\"objects\":2", "\"objects\":7"));
    add(
        "a hash",
        edit("manifest.json", |content| {
            let at = memchr(content, b"\"blake3\":\"") + 12;
            content[at] = if content[at] == b'0' { b'1' } else { b'0' };
        }),
    );
    add("a hash that is none", replaced("manifest.json", "\"blake3\":\"", "\"blake3\":\"zz"));
    add("a path that leaves the store", replaced("manifest.json", "\"path\":\"", "\"path\":\"../"));
    add(
        "a root that is nothing",
        Box::new(|files| {
            let name = path("manifest.json");
            let text = String::from_utf8(files[&name].clone()).unwrap();
            let text = text.replacen(&format!(" \"{}\"", pet(3)), " \"_0cSUtWqTYdZ00mjeAA\"", 1).replacen(
                &format!(",\"{}\"", pet(3)),
                ",\"_0cSUtWqTYdZ00mjeAA\"",
                1,
            );
            files.insert(name, text.into_bytes());
        }),
    );
    add("no roots", replaced("manifest.json", ",\"roots\":[", ",\"rots\":["));
    add("a list that is not closed", replaced("manifest.json", "]\n,\"constants\"", "\n,\"constants\""));
    add("a space that is there twice", replaced("manifest.json", "\"name\":\"core\"", "\"name\":\"user\""));

    // The state of a plugin.
    add(
        "a byte of a state",
        edit(state, |content| {
            let at = memchr(content, b"\"base64\"") + 15;
            content[at] = if content[at] == b'A' { b'B' } else { b'A' };
        }),
    );
    add("a state of another plugin", described(replaced(state, "geo/counter", "geo/counted")));
    all
}

fn memchr(content: &[u8], part: &[u8]) -> usize {
    content.windows(part.len()).position(|window| window == part).unwrap()
}

/// Every damage is told, and salvaged, with and without previous generations.
#[test]
fn every_damage_is_told_and_salvaged_rps_47() {
    let all = damages();
    assert!(all.len() >= 60, "{}", all.len());
    let names: BTreeSet<&String> = all.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), all.len());
    let mut failed = Vec::new();
    for before in [sample().files(), sample_with_previous().files()] {
        let sound = records(&before);
        assert_eq!(sound.len(), 29);
        for (name, damage) in &all {
            let mut damaged = before.clone();
            damage(&mut damaged);
            assert_ne!(damaged, before, "{name}");
            let done = std::panic::catch_unwind(|| {
                let Outcome { before, salvaged, .. } = salvaged(name, &damaged, &sound);
                let is_of_state = name.contains("state");
                let told = before.problems().iter().any(|p| p.severity == Severity::Error || is_of_state);
                assert!(told, "a check tells it: {before}");
                assert!(!salvaged.items.is_empty() && salvaged.quarantine.is_some());
            });
            failed.extend(done.is_err().then_some(name));
        }
    }
    assert_eq!(failed, Vec::<&String>::new());
}
