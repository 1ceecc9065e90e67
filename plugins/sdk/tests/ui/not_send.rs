use std::cell::Cell;
use std::rc::Rc;

use rps_plugin::{Error, Registrar};

fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
    let total = Rc::new(Cell::new(0));
    registrar.function("add", 1, "(x)", move |call, args| {
        total.set(total.get() + args.int(0)?);
        call.int(total.get())
    })
}

fn main() {}
