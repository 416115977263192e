// Licensed under a 3-clause BSD style license - see LICENSE
// A field above each table of columns: rows that do not hold every word that is typed are hidden.
document.querySelectorAll("table.catalogue-columns").forEach((table) => {
  const rows = [...table.tBodies[0].rows];
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const label = document.createElement("label");
  label.className = "column-filter";
  const field = document.createElement("input");
  field.type = "search";
  field.placeholder = "flux hilim _b";
  const count = document.createElement("output");
  const apply = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, i) => {
      row.hidden = !words.every((word) => texts[i].includes(word));
      shown += row.hidden ? 0 : 1;
    });
    count.textContent = `${shown} of ${rows.length} columns`;
  };
  field.addEventListener("input", apply);
  label.append("Show only columns with ", field, count);
  const box = table.closest(".pst-scrollable-table-container") || table;
  box.before(label);
  apply();
});
