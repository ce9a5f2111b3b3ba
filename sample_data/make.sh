#!/usr/bin/env bash
# Makes the files of this folder anew, byte for byte. Needs nothing but the program itself.
set -euo pipefail
cd "$(dirname "$0")/.."
tamis() { cargo run --quiet --release -- "$@"; }
consultations=schemas/consultation_prevention.json
rm -f sample_data/*.csv sample_data/*.gz

tamis synth --schema "$consultations" --records 6000 --seed 1 --dirty 1% --output sample_data/consultations-1.csv
tamis synth --schema "$consultations" --records 6000 --seed 2 --output sample_data/consultations-2.csv
tamis synth --schema schemas/depistage_organise.json --records 12000 --seed 1 --dirty 0.5% --output sample_data/depistages.csv.gz
tamis synth --schema schemas/certificat_sante_enfant.json --records 6000 --seed 1 --output sample_data/certificats.csv
# The register of objections: the persons of twenty consultations.
{
    echo matricule_ins
    tail -n +2 sample_data/consultations-2.csv | cut -d, -f1 | grep -E '^[12][0-9AB]{14}$' | awk 'NR % 300 == 0'
} > sample_data/oppositions.csv

# What a centre might send: some of the columns under its own labels, between semicolons, with four slips made by hand.
tamis synth --schema "$consultations" --records 3000 --seed 3 | awk '
    # The cells of a record; none of these holds a doubled quotation mark that matters.
    function cells(text, cell,    n, i, c, quoted) {
        n = 1; cell[1] = ""
        for (i = 1; i <= length(text); i++) {
            c = substr(text, i, 1)
            if (c == "\"") quoted = !quoted
            else if (c == "," && !quoted) cell[++n] = ""
            else cell[n] = cell[n] c
        }
    }
    NR == 1 { print "numero;nir;nom;prenom;naissance;sexe;commune;date_bilan;tabac;tension;opposition;commentaire"; next }
    { text = text (text == "" ? "" : " ") $0 }
    gsub(/"/, "\"", text) % 2 { next }
    {
        cells(text, c); text = ""; record++
        gsub(/;/, ",", c[8])
        if (record == 410) c[13] = "10/03/2020"
        if (record == 977) c[1] = substr(c[1], 1, 13) "63"
        if (record == 1502) c[10] = "femme"
        if (record == 2231) c[26] = before
        before = c[26]
        print c[26] ";" c[1] ";" c[2] ";" c[3] ";" c[9] ";" c[10] ";" c[11] ";" c[13] ";" c[19] ";" c[17] ";" c[32] ";" c[8]
    }' > sample_data/bilans.csv
