-- The work of pipeline.toml in DuckDB, without validation: read, drop, pseudonymise, generalise, sample, aggregate, write.
-- `run.py` fills in what stands in braces: data, out, departements, pseudonym, threads.

SET preserve_insertion_order = false;

CREATE MACRO nir(text) AS replace(upper(trim(text)), ' ', '');

-- First two characters of a commune; three overseas; Corsica keeps its letter.
CREATE MACRO departement_of(commune) AS
    CASE WHEN commune[1:2] IN ('97', '98') THEN commune[1:3] ELSE commune[1:2] END;

-- An unknown month counts as 1 July, an unknown day as the 15th.
CREATE MACRO birth(text) AS
    CASE WHEN text[6:7] = '00' THEN (text[1:4] || '-07-01')::DATE
         WHEN text[9:10] = '00' THEN (text[1:8] || '15')::DATE ELSE text::DATE END;

CREATE MACRO years(birth, event) AS
    year(event) - year(birth)
    - CASE WHEN (month(event), day(event)) < (month(birth), day(birth)) THEN 1 ELSE 0 END;

CREATE MACRO age_band(age) AS
    CASE WHEN age < 0 THEN NULL WHEN age < 18 THEN '<18' WHEN age < 26 THEN '18-25' WHEN age < 45 THEN '26-44'
         WHEN age < 51 THEN '45-50' WHEN age < 60 THEN '51-59' WHEN age < 66 THEN '60-65' WHEN age < 70 THEN '66-69'
         WHEN age < 76 THEN '70-75' ELSE '76+' END;

CREATE TEMP TABLE departements AS
SELECT departement, nullif(region, '') AS region FROM read_csv('{departements}', all_varchar = true);

-- Read, drop, pseudonymise, generalise. Types are declared: no time is lost on guessing them, and a NIR stays a text.
CREATE TEMP TABLE sieved AS
SELECT {pseudonym} AS pseudonyme,
       age_band(years(birth(date_naissance), date_consultation)) AS age,
       sexe,
       d.region AS region,
       d.departement AS departement,
       strftime(date_consultation, '%Y-%m') AS mois,
       pas_mmhg, tabac, audit_c, poids_kg, vaccins_a_jour, depistages_a_jour, profession, orientation
FROM read_csv('{data}', header = true, delim = ',', quote = '"', escape = '"', auto_detect = false, columns = {
    'matricule_ins': 'VARCHAR', 'nom_naissance': 'VARCHAR', 'prenoms': 'VARCHAR', 'adresse_detaillee': 'VARCHAR',
    'telephone': 'VARCHAR', 'courriel': 'VARCHAR', 'rpps_effecteur': 'VARCHAR', 'commentaire_libre': 'VARCHAR',
    'date_naissance': 'VARCHAR', 'sexe': 'VARCHAR', 'commune_residence': 'VARCHAR', 'code_postal': 'VARCHAR',
    'date_consultation': 'DATE', 'pcs': 'VARCHAR', 'taille_cm': 'DOUBLE', 'poids_kg': 'DOUBLE', 'pas_mmhg': 'BIGINT',
    'pad_mmhg': 'BIGINT', 'tabac': 'VARCHAR', 'audit_c': 'BIGINT', 'activite_min_semaine': 'BIGINT',
    'score_phq2': 'BIGINT', 'violences_reperees': 'BOOLEAN', 'vaccins_a_jour': 'BOOLEAN',
    'depistages_a_jour': 'BOOLEAN', 'id_enregistrement': 'VARCHAR', 'finess_structure': 'VARCHAR',
    'profession': 'VARCHAR', 'autoquestionnaire': 'BOOLEAN', 'orientation': 'VARCHAR', 'plan_remis': 'BOOLEAN',
    'opposition': 'BOOLEAN', 'date_information': 'DATE'}) c
LEFT JOIN departements d ON d.departement = departement_of(c.commune_residence);

-- One person in ten of each stratum, by the order of their pseudonyms, which is random. A person's stratum is the first
-- of those of its records.
CREATE TEMP TABLE drawn AS
WITH persons AS (
    SELECT pseudonyme, min(struct_pack(region := coalesce(region, '~'), sexe := coalesce(sexe, '~'))) AS stratum
    FROM sieved GROUP BY pseudonyme),
ranked AS (
    SELECT pseudonyme, stratum, row_number() OVER (PARTITION BY stratum ORDER BY pseudonyme) AS place,
           count(*) OVER (PARTITION BY stratum) AS frame
    FROM persons)
SELECT pseudonyme, stratum, frame FROM ranked WHERE place <= ceil(frame / 10.0);

COPY (
    WITH strata AS (SELECT stratum, frame, count(*) AS drawn FROM drawn GROUP BY ALL)
    SELECT s.pseudonyme, s.age, s.sexe, s.region, s.pas_mmhg, s.tabac, s.audit_c, s.poids_kg, s.vaccins_a_jour,
           s.depistages_a_jour, s.profession, s.orientation,
           t.drawn || '/' || t.frame AS proba_inclusion, t.frame / t.drawn AS poids_sondage
    FROM sieved s JOIN drawn d USING (pseudonyme) JOIN strata t USING (stratum)
) TO '{out}/consultations.parquet' (FORMAT parquet, COMPRESSION zstd);

COPY (
    SELECT departement, mois,
           CASE WHEN persons >= 11 THEN persons END AS personnes,
           CASE WHEN persons >= 11 THEN records END AS enregistrements,
           CASE WHEN persons >= 11 THEN mean END AS pas_mmhg_moyenne,
           CASE WHEN persons >= 11 THEN share END AS part_fumeurs
    FROM (SELECT departement, mois, count(DISTINCT pseudonyme) AS persons, count(*) AS records,
                 avg(pas_mmhg) AS mean, count(*) FILTER (tabac = '2') / count(tabac) AS share
          FROM sieved GROUP BY departement, mois)
    ORDER BY departement, mois
) TO '{out}/consultations_par_departement.parquet' (FORMAT parquet, COMPRESSION zstd);
