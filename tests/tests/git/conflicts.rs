//! Merges that conflict: the markers stand around the lines that differ and name the object, the rest is merged.

use crate::stage::Stage;

/// Merges, which must conflict, and returns what was said.
fn conflict(stage: &Stage) -> String {
    let merged = stage.try_git("merge --no-edit theirs");
    assert!(!merged.ok, "{}{}", merged.text, merged.errors);
    format!("{}{}", merged.text, merged.errors)
}

/// Returns the lines between the markers of the first conflict: ours, and theirs.
fn first_hunk(text: &str) -> (Vec<&str>, Vec<&str>) {
    let mut lines = text.lines().skip_while(|line| !line.starts_with("<<<<<<< ")).skip(1);
    let ours = lines.by_ref().take_while(|line| *line != "=======").collect();
    let theirs = lines.take_while(|line| !line.starts_with(">>>>>>> ")).collect();
    (ours, theirs)
}

#[test]
fn one_attribute_changed_differently_conflicts_in_its_line_only() {
    let stage = Stage::shop();
    stage.fork(
        |stage| stage.dump(&["apple.price = 4", "pear.price = 6"]),
        |stage| stage.dump(&["apple.price = 5", "quince.price = 8"]),
    );
    let said = conflict(&stage);
    assert!(said.contains("apple (_") && said.contains("price (_"), "{said}");
    let text = stage.read("user.json");
    assert_eq!(text.matches("<<<<<<< ").count(), 1, "{text}");
    let (ours, theirs) = first_hunk(&text);
    assert_eq!((ours.len(), theirs.len()), (1, 1), "{text}");
    assert!(ours[0].ends_with(":4") && theirs[0].ends_with(":5"), "{text}");
    let marker = text.lines().find(|line| line.starts_with("<<<<<<< ")).expect("there is one");
    assert!(marker.contains("apple (_") && marker.contains("price (_"), "{marker}");
    let checked = stage.try_rps("check shop");
    assert!(checked.text.contains("store::conflict-markers"), "{checked:?}");
    // Nothing that is not resolved is committed.
    stage.git("add --all .");
    assert!(!stage.try_git("commit --no-edit").ok);
    stage.edit("user.json", |text| {
        let mut inside = 0;
        let kept = text.lines().filter(|line| {
            match line.get(..7) {
                Some("<<<<<<<") => inside = 1,
                Some("=======") => inside = 2,
                Some(">>>>>>>") => inside = 3,
                _ => {}
            }
            let is_marker = ["<<<<<<<", "=======", ">>>>>>>"].iter().any(|marker| line.starts_with(marker));
            !is_marker && inside != 2
        });
        kept.map(|line| format!("{line}\n")).collect()
    });
    stage.git("add --all .");
    stage.git("commit --no-edit");
    stage.sound();
    assert_eq!(stage.value("[apple.price, pear.price, quince.price]"), "[4, 6, 8]");
}

/// Takes the global name of an object away, so that nothing refers to the object, and commits that.
fn unnamed(stage: &Stage, name: &str) -> String {
    let oid = stage.oid(name);
    stage.edit_and_seal(|text| text.replacen(&format!(",\"value\":\"{oid}\"\n"), "", 1));
    stage.commit("no name");
    oid
}

#[test]
fn a_change_against_a_removal_conflicts() {
    let stage = Stage::shop();
    let oid = unnamed(&stage, "quince");
    stage.fork(
        |stage| stage.edit_and_seal(|text| without(&text, &oid)),
        |stage| stage.edit_and_seal(|text| text.replace(":7\n", ":9\n")),
    );
    let said = conflict(&stage);
    assert!(said.contains("removed by us"), "{said}");
    let text = stage.read("user.json");
    let (ours, theirs) = first_hunk(&text);
    assert!(ours.iter().all(|line| !line.contains(&oid)), "{text}");
    assert!(theirs.iter().any(|line| line.contains(&oid)), "{text}");
    assert!(theirs.iter().any(|line| line.ends_with(":9")), "{text}");
}

/// Returns a space file without the record of an object.
fn without(text: &str, oid: &str) -> String {
    let start = text.find(&format!("{{\"oid\":\"{oid}\"")).expect("the record is there");
    match text[start..].find("\n},\n") {
        Some(len) => format!("{}{}", &text[..start], &text[start + len + 4..]),
        // The last one: the one before has no comma any more.
        None => format!("{}\n]}}\n", text[..start].trim_end_matches(",\n")),
    }
}

#[test]
fn one_line_of_a_function_changed_differently_conflicts_in_that_line() {
    let stage = Stage::shop();
    let edit = |to: &'static str| {
        move |stage: &Stage| stage.edit_and_seal(|text| text.replace("let cents = 10", to))
    };
    stage.fork(edit("let cents = 20"), edit("let cents = 30"));
    conflict(&stage);
    let text = stage.read("user.json");
    assert_eq!(first_hunk(&text), (vec![",\"  let cents = 20\""], vec![",\"  let cents = 30\""]));
    let preview = stage.rps("merge --preview theirs");
    assert!(preview.contains("source: changed differently on both sides"), "{preview}");
}

#[test]
fn a_class_that_gets_two_superclasses_conflicts() {
    let stage = Stage::shop();
    stage.dump(&["class fruit {}", "class thing {}", "class melon {}"]);
    stage.commit("classes");
    let inherit = |class: &'static str| {
        move |stage: &Stage| {
            let (melon, superclass) = (stage.oid("melon"), stage.oid(class));
            stage.edit_and_seal(|text| {
                let start = text.find(&format!("{{\"oid\":\"{melon}\"")).expect("the class is there");
                let key = "\"superclass\":\"";
                let at = start + text[start..].find(key).expect("it has a superclass") + key.len();
                format!("{}{superclass}{}", &text[..at], &text[at + 19..])
            });
        }
    };
    stage.fork(inherit("fruit"), inherit("thing"));
    let said = conflict(&stage);
    assert!(said.contains("melon (_") && said.contains("superclass"), "{said}");
}

#[test]
fn an_object_that_one_side_removes_and_the_other_refers_to_anew_conflicts() {
    let stage = Stage::shop();
    let oid = unnamed(&stage, "quince");
    stage.fork(
        |stage| stage.edit_and_seal(|text| without(&text, &oid)),
        |stage| stage.edit_and_seal(|text| text.replacen(":\"red\"", &format!(":\"{oid}\""), 1)),
    );
    let said = conflict(&stage);
    assert!(said.contains("removed by us, and changed or referred to by them"), "{said}");
}
