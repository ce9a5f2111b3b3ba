### Le compte rendu d'une exécution, en français. Chaque message a son pendant dans run.en.ftl.

run-language = Français
run-title = Compte rendu d'une exécution
run-verdict-released = Transmis, et les données de travail détruites
run-verdict-waiting = Transmis ; l'exécution attend avant d'être close
run-verdict-not-closed = Transmis, mais la fin des données de travail n'est pas certifiée
run-verdict-nothing = Rien n'a été transmis ; les données de travail sont détruites
run-verdict-uncertain = Rien n'a été transmis ; le sort des données de travail n'est pas certain
run-legal-basis = Base légale
run-purpose = Finalité
run-policy = Politique
run-run = Exécution
run-started = Début
run-operator = Opérateur

## Contrôles

run-passed = respecté
run-failed = non respecté
run-look = respecté ; un point à regarder
run-not-asked = non demandé, ou non atteint
run-gate-input = Entrée
run-gate-input-told = Enregistrements lus : { $read } ; écartés comme non conformes : { $rejected }.
run-gate-classes = Taille des classes
run-gate-classes-told = Plus petite classe transmise : { $smallest } personnes ; exigé : { $k }.
run-gate-evidence = Preuves de l'anonymisation
run-gate-evidence-told = Sorties avec limites : { $outputs } ; limites non respectées : { $failed }.
run-gate-tables = Protection des tableaux
run-gate-tables-told = Cellules : { $cells } ; révélées par ce que l'on sait par ailleurs : { $known }.
run-gate-scan = Recherche de ce qui a été retiré
run-gate-scan-told = Cellules fouillées avant de partir : { $cells }.
run-gate-read-back = Relecture
run-gate-read-back-told = Fichiers comparés à ce qui devait être écrit : { $files }.
run-gate-destroyed = Destruction
run-gate-destroyed-told = Magasins détruits, leurs clés effacées : { $stores }.

## Enregistrements

run-funnel = De la lecture à la transmission
run-funnel-told = Les barres sont des parts des enregistrements lus. Ceux de peu de personnes ne sont pas dénombrés.
run-funnel-read = lus
run-funnel-rejected = non conformes au schéma
run-funnel-filtered = hors du filtre
run-funnel-excluded = de personnes opposées
run-funnel-kept = dans la base de sondage
run-funnel-drawn = tirés, toutes sorties
run-funnel-suppressed = dans des classes trop petites
run-funnel-released = transmis, toutes sorties
run-inputs = Entrées
run-source = Source
run-left-out = { $files ->
    [one] Un fichier a été laissé de côté
   *[other] { $files } fichiers ont été laissés de côté
} : des exécutions précédentes en ont déjà tiré des données (--since last)
run-files = Fichiers
run-records-read = Enregistrements lus
run-records-rejected = Écartés
run-share-rejected = Part écartée
run-limit = L'exécution s'arrête si plus de { $share } des enregistrements d'une source sont non conformes.
run-findings = Ce qui ne va pas dans les enregistrements
run-findings-none = Rien n'a été trouvé.
run-heat = Constats par règle et par colonne : { $source }
run-rule = Règle
run-whole-record = (enregistrement)
run-trend = Part écartée, d'une exécution à l'autre
run-trend-none = Aucune exécution antérieure de ce traitement ne se trouve à côté de celle-ci pour comparer.
run-as-table = La même chose en tableau

## Colonnes

run-columns = Le sort de chaque colonne
run-column = Colonne
run-leaves-as = Transmise comme
run-role = Rôle
run-why = Pourquoi
run-leave = Colonnes de { $source } qui peuvent partir
run-stay = Colonnes qui restent :
run-dropped-identifier = dit qui est la personne
run-dropped-unnamed = non nommée par le traitement
run-how-keep = telle quelle
run-how-age = âge en années
run-how-band = en tranches
run-how-year = année
run-how-quarter = trimestre
run-how-month = mois
run-how-departement = département
run-how-region = région
run-how-clamp = bornée
run-how-hierarchy = regroupée par une hiérarchie
run-role-other = autre
run-role-quasi-identifier = quasi-identifiant
run-role-sensitive = sensible
run-role-subject-identifier = distingue les personnes
run-role-direct-identifier = identifiante

## Échantillon

run-sample = Échantillon
run-design = Plan de sondage
run-target = Taux demandé
run-in-frame = Dans la base de sondage
run-drawn = Tirés
run-obtained = Taux obtenu
run-weight = Poids
run-strata = Strates
run-weights-told = Un poids est le nombre d'unités de la base que représente une unité tirée.

## Risque

run-risk = Le risque, et ce que la protection a coûté
run-released = Transmis
run-suppressed = Dans des classes trop petites
run-nobody-drawn = Personne n'a été tiré.
run-measure = Mesure
run-before = avant
run-after = après
run-risk-of = Risque avant et après : { $output }
run-risk-persons = personnes
run-risk-smallest = plus petite classe
run-risk-alone = personnes seules dans une classe
run-risk-highest = risque procureur, maximal
run-risk-average = risque procureur, moyen
run-risk-under = personnes dans des classes sous le seuil
run-risk-journalist = risque journaliste, maximal
run-risk-individual = risque individuel pondéré, maximal
run-risk-groups = risque d'un foyer ou d'un groupe, maximal
run-risk-suda = uniques particulières (DIS-SUDA), maximum
run-risk-population = uniques de la population, estimées
run-classes-told = Part des personnes selon la taille de la plus petite classe où elles se trouvent. Les tailles de peu de personnes sont omises (…), et autant d'autres qu'il faut.
run-cost = Ce que la protection a coûté
run-cost-told = Détail perdu de chaque colonne : rien si toutes les valeurs partent telles quelles, tout si aucune ne part.
run-evidence = Preuves pour les critères du groupe de travail « article 29 »
run-evidence-singling = individualisation : plus petite classe
run-evidence-link = corrélation : personnes bien reliées
run-evidence-inference = inférence de { $column } : avantage
run-criterion = Critère
run-found = Trouvé
run-limit-asked = Limite

## Tableaux

run-tables = Tableaux
run-table = Tableau
run-cells = Cellules
run-published = Publiées
run-primary = Sous une règle
run-secondary = Pour en protéger d'autres
run-share-suppressed = Masquées
run-known = { $n ->
    [one] Une cellule masquée est révélée par ce que l'on sait par ailleurs, quoi qu'on masque.
   *[other] { $count } cellules masquées sont révélées par ce que l'on sait par ailleurs, quoi qu'on masque.
 }
run-method = Méthode :

## La fin

run-scan = Recherche de ce qui a été retiré
run-scan-clean = Rien de ce qui a été retiré n'a été retrouvé dans ce qui est parti.
run-scan-leaks = Quelque chose de ce qui a été retiré a été retrouvé. Rien n'a été transmis.
run-scan-for = Recherchés :
run-output = Sortie
run-cells-searched = Cellules fouillées
run-stripped-identifier = identifiants
run-stripped-telephone = numéros de téléphone
run-stripped-email = adresses électroniques
run-stripped-full-name = noms complets
run-stripped-name = noms et prénoms
run-stripped-address = adresses
run-stripped-text = autres textes
run-destruction = Destruction
run-not-certified = Pas encore certifiée.
run-destroyed-at = Détruites le { $at }.
run-item = Quoi
run-class = Ce qu'il en est advenu
run-count = Nombre
run-how = Comment
run-class-key-erased = clé effacée
run-class-unlinked-only = supprimé
run-class-not-destroyed = encore là
run-sweep = Fichiers restés dans le dossier de l'exécution et fouillés à la recherche de numéros nationaux : { $files } ; trouvés : { $hits }.
run-certificate = Le certificat, son journal et le procès-verbal se trouvent à côté de cette page.
run-performance = Performance
run-seconds = Durée
run-rate = Enregistrements par seconde
run-spilled = Débordé sur disque, chiffré
run-stores = Magasins
run-stages = Étape par étape
run-stage-sieve = lire, juger, tamiser
run-stage-unique = chercher ce qui doit être unique
run-stage-census = compter la base de sondage
run-stage-draw = tirer
run-stage-summarise = compter cases et classes
run-stage-release = choisir ce qui sort
run-stage-export = écrire et relire
run-stage-destroy = détruire
run-footer = Les nombres inférieurs à { $least } sont masqués ici comme dans la transmission. Une valeur ne figure ici que si le traitement ou la transmission l'écrit, ou si au moins autant de personnes l'ont que le seuil le demande ; jamais celle d'un seul enregistrement.

## Utilité

run-utility = Utilité : distributions avant et après
run-utility-told = Les personnes sont comptées, chacune une fois par valeur. Les parts sont arrondies à un pas qui n'est jamais de moins de personnes que le seuil, et leur somme fait 100 % ; les valeurs rares sont réunies. Avant : tout enregistrement valide auquel personne ne s'est opposé. Après : ce qui est sorti ; avec les poids, la base de sondage telle que l'échantillon l'estime.
run-utility-of = De combien les distributions de { $output } ont bougé
run-utility-from = Avant
run-distance = Distance
run-distance-weighted = Distance, pondérée
run-step = Pas
run-from-counted = compté
run-from-table = publié par un tableau
run-why-table = non dit : des tableaux la montrent, et aucun ne la publie en entier
run-why-levels = non comptée aux niveaux auxquels elle sort
run-why-many = trop de valeurs différentes
run-why-few = trop peu de personnes
run-weighted = après, pondéré
run-line = Valeur
run-line-other = autres valeurs
run-line-missing = sans valeur
run-line-true = oui
run-line-false = non
run-distribution-of = Part des personnes selon { $column }, dans l'ordre de la légende.
run-pyramid = { $age } selon { $sex }
run-pictures = Ce que montrent les tableaux transmis
run-pictures-told = Des nombres publiés seulement.
run-places = { $measure } par { $column }
run-cell-suppressed = masqué
run-places-suppressed = { $n ->
    [one] Une valeur est masquée.
   *[other] { $count } valeurs sont masquées.
 }
run-trends = Constats, exécution par exécution
