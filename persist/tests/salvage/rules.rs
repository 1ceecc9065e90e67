//! What becomes of each kind of damage.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use rps_persist::lock::WriterLock;
use rps_persist::salvage::{Fate, SalvageError, SalvageOptions, salvage};
use rps_persist::vfs::Vfs;
use rps_persist::vfs::fault::{FaultVfs, OperationKind};
use rps_persist::{Access, Code, Store, check};

use crate::support::{
    ANIMAL, Files, ROOT, all_records_in, arc, describe, file_of, path, pet, records, salvaged, sample,
    sample_with_previous, with_files,
};

fn edited(files: &Files, file: &str, from: &str, to: &str) -> Files {
    let mut files = files.clone();
    let text = String::from_utf8(files[&path(file)].clone()).unwrap();
    assert!(text.contains(from), "{from}");
    files.insert(path(file), text.replacen(from, to, 1).into_bytes());
    files
}

fn without(files: &Files, oid: rps_runtime::Oid) -> Files {
    let record = records(files)[&oid.to_string()].clone();
    let mut damaged =
        edited(files, &file_of(files, oid), &record, &record.replace("\"mtime\":", "\"mtime\";"));
    describe(&mut damaged);
    damaged
}

#[test]
fn a_reference_to_a_lost_object_is_a_transient_one_and_finds_it_again_rps_47() {
    let files = sample().files();
    let outcome = salvaged("a pet", &without(&files, pet(9)), &records(&files));
    let marked = |files: &Files, by: usize| {
        records(files)[&pet(by).to_string()].contains(&format!("{{\"transient\":\"{}\"}}", pet(9)))
    };
    assert!(marked(&outcome.files, 2) && marked(&outcome.files, 8));
    let changed = outcome.salvaged.items.iter().filter(|item| item.fate == Fate::Changed);
    assert_eq!(changed.count(), 2);
    // A person puts the record back, as it was, and the next dump forgets that it was away.
    let record = records(&files)[&pet(9).to_string()].clone();
    let file = file_of(&outcome.files, pet(8));
    let mended =
        edited(&outcome.files, &file, "\n,\"objects\":[\n", &format!("\n,\"objects\":[\n{record},\n"));
    let memory = with_files(&mended);
    let store = Store::open(&arc(&memory), Path::new(ROOT), Access::Write).unwrap();
    let mut options = rps_persist::native::LoadOptions::default();
    options.accept_changed_files = true;
    let (runtime, _) = store.load_with(&options).unwrap();
    store.dump(&runtime).unwrap();
    assert_eq!(records(&memory.files()), records(&files));
}

#[test]
fn a_lost_class_has_a_stand_in_and_its_instances_stay_rps_47() {
    let files = sample().files();
    let sound = records(&files);
    let outcome = salvaged("a class", &without(&files, ANIMAL), &sound);
    let items = &outcome.salvaged.items;
    let stand_ins: Vec<_> =
        items.iter().filter(|item| item.fate == Fate::StandIn).map(|item| item.oid).collect();
    assert_eq!(stand_ins, [Some(ANIMAL)]);
    let now = records(&outcome.files);
    let others = |records: &std::collections::BTreeMap<String, String>| {
        records
            .iter()
            .filter(|(oid, _)| **oid != ANIMAL.to_string())
            .map(|(_, record)| record.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(others(&now), others(&sound), "every other record is as it was, byte for byte");
    assert_eq!(outcome.salvaged.unchanged, 28);
}

#[test]
fn a_damaged_record_is_taken_from_the_file_of_a_previous_generation_rps_47() {
    let files = sample_with_previous().files();
    let record = records(&files)[&ANIMAL.to_string()].clone();
    let damaged =
        edited(&files, &file_of(&files, ANIMAL), &record, &record.replace("\"mtime\":", "\"mtime\";"));
    let outcome = salvaged("a class", &damaged, &records(&files));
    let told: Vec<_> =
        outcome.salvaged.items.iter().map(|item| (item.fate, item.oid, item.message.clone())).collect();
    assert!(records(&outcome.files) == records(&files), "nothing is lost: {told:#?}");
    assert!(
        outcome.salvaged.items.iter().any(|item| item.fate == Fate::Replaced && item.oid == Some(ANIMAL))
    );
}

#[test]
fn what_is_in_quarantine_says_what_it_is_rps_47() {
    let files = sample().files();
    let outcome = salvaged("a pet", &without(&files, pet(9)), &records(&files));
    let place = Path::new(ROOT).join(outcome.salvaged.quarantine.unwrap());
    assert_eq!(place, Path::new("/store/.rps/quarantine/000001"));
    let list: serde_json::Value =
        serde_json::from_slice(&outcome.files[&place.join("quarantine.json")]).unwrap();
    assert_eq!(list["format"], "repersys-quarantine-1");
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), outcome.salvaged.items.len());
    let of_pet = items.iter().find(|item| item["oid"] == pet(9).to_string().as_str()).unwrap();
    assert_eq!((&of_pet["fate"], &of_pet["code"]), (&"quarantined".into(), &"store::bad-json".into()));
    let part = &outcome.files[&place.join(of_pet["part"].as_str().unwrap())];
    assert!(String::from_utf8_lossy(part).starts_with(&format!("{{\"oid\":\"{}\"", pet(9))));
    let file = of_pet["file"].as_str().unwrap();
    let whole = String::from_utf8(outcome.files[&place.join(file)].clone()).unwrap();
    let first = of_pet["lines"][0].as_u64().unwrap() as usize - 1;
    assert!(whole.lines().nth(first).unwrap().contains(&pet(9).to_string()), "the line is that of the file");
}

#[test]
fn roots_come_from_a_previous_generation_where_the_manifest_is_gone_rps_47() {
    let files = sample_with_previous().files();
    let mut damaged = files.clone();
    damaged.remove(&path("manifest.json"));
    let outcome = salvaged("no manifest", &damaged, &records(&files));
    let text = |files: &Files| String::from_utf8(files[&path("manifest.json")].clone()).unwrap();
    let roots =
        |text: String| text[text.find(",\"roots\"").unwrap()..text.find(",\"state\"").unwrap()].to_owned();
    assert_eq!(roots(text(&outcome.files)), roots(text(&files)));
    let item = outcome.salvaged.items.iter().find(|item| item.fate == Fate::Rebuilt).unwrap();
    assert!(item.message.contains("newest previous generation"), "{}", item.message);
    // And where there is none, it says so.
    let mut alone = sample().files();
    alone.remove(&path("manifest.json"));
    let outcome = salvaged("no manifest at all", &alone, &records(&files));
    assert!(outcome.salvaged.items.iter().any(|item| item.message.contains("are not known")));
}

#[test]
fn nothing_is_salvaged_while_another_process_has_the_store_rps_47() {
    let files = sample().files();
    let memory = with_files(&without(&files, pet(9)));
    let vfs = arc(&memory);
    let _lock = WriterLock::acquire(&vfs, Path::new(ROOT)).unwrap();
    let before = memory.files();
    for is_dry_run in [false, true] {
        let mut options = SalvageOptions::default();
        options.is_dry_run = is_dry_run;
        let error = salvage(&vfs, Path::new(ROOT), &options).unwrap_err();
        assert_eq!((error.code(), memory.files() == before), (Code::Locked, true));
        assert!(error.hint().unwrap().contains("close the store"));
    }
}

#[test]
fn a_store_of_a_later_version_and_a_file_that_may_not_be_read_are_not_damaged_rps_47() {
    let mut later = sample().files();
    for content in later.values_mut() {
        *content =
            String::from_utf8(content.clone()).unwrap().replace("repersys-1", "repersys-9").into_bytes();
    }
    let vfs = arc(&with_files(&later));
    let error = salvage(&vfs, Path::new(ROOT), &SalvageOptions::default()).unwrap_err();
    assert_eq!(error.code(), Code::UnknownFormat);
    assert!(error.hint().unwrap().contains("version that wrote the store"));

    let faulty = FaultVfs::new(with_files(&without(&sample().files(), pet(9))));
    let vfs: Arc<dyn Vfs> = Arc::new(faulty.clone());
    let mut options = SalvageOptions::default();
    options.is_dry_run = true;
    salvage(&vfs, Path::new(ROOT), &options).unwrap();
    let trace = faulty.trace();
    let is_read = |operation: &rps_persist::vfs::fault::Operation| {
        operation.kind == OperationKind::Read && operation.path.starts_with(path("user"))
    };
    let last = trace.iter().rposition(is_read).unwrap();
    faulty.fail_at(trace.len() + last, 13);
    let error = salvage(&vfs, Path::new(ROOT), &options).unwrap_err();
    assert_eq!(error.code(), Code::Permission, "{error}");
    assert!(matches!(error, SalvageError::File(_)));
}

#[test]
fn a_salvage_that_fails_or_is_cut_off_loses_nothing_rps_47() {
    let damaged = without(&sample().files(), pet(9));
    let options = SalvageOptions::default();
    let whole = FaultVfs::new(with_files(&damaged));
    let vfs: Arc<dyn Vfs> = Arc::new(whole.clone());
    salvage(&vfs, Path::new(ROOT), &options).unwrap();
    let good = records(&whole.inner().files());
    let first =
        whole.trace().iter().position(|operation| operation.kind == OperationKind::CreateDir).unwrap();
    for n in first..whole.count() {
        let faulty = FaultVfs::new(with_files(&damaged));
        let vfs: Arc<dyn Vfs> = Arc::new(faulty.clone());
        faulty.crash_at(n);
        let _ = salvage(&vfs, Path::new(ROOT), &options);
        // The next process finds the damaged store or the salvaged one, and can go on.
        let memory = faulty.inner().process_death();
        let again = salvage(&arc(&memory), Path::new(ROOT), &options).unwrap();
        assert_eq!(records(&memory.files()), good, "{n}: {:?}", again.items);
        assert!(check(&arc(&memory), Path::new(ROOT)).is_empty(), "{n}");
        let contents: Vec<Vec<u8>> = memory.files().into_values().collect();
        for (file, content) in damaged.iter().filter(|(file, _)| !file.ends_with("lock")) {
            let is_there = contents.contains(content) || all_records_in(content, &memory.files());
            assert!(is_there, "{n}: {} is gone", file.display());
        }
    }
}

#[test]
fn a_record_of_an_interrupted_dump_that_nobody_understands_is_put_aside_rps_47() {
    let memory = with_files(&sample().files());
    memory.create(Path::new("/store/.rps/redo")).unwrap().write_all(b"{\"format\":").unwrap();
    let error = Store::open(&arc(&memory), Path::new(ROOT), Access::Write).unwrap_err();
    assert!(error.hint().is_some());
    let outcome = salvage(&arc(&memory), Path::new(ROOT), &SalvageOptions::default()).unwrap();
    assert_eq!(outcome.items.len(), 1, "{:?}", outcome.items);
    assert!(Store::open(&arc(&memory), Path::new(ROOT), Access::Write).is_ok());
    let files = memory.files();
    assert!(
        files
            .iter()
            .any(|(path, content)| content == b"{\"format\":" && path.starts_with("/store/.rps/quarantine"))
    );
}
