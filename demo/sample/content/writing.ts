/** The sample site's prose: its README, the station log and the notes, as first committed. */

export const readme = `# Tern Island Light

The website of a lighthouse station that does not exist, kept in git as a real
one would be. It comes with gitws as something to clone, change and push.

Plain HTML, CSS and a little JavaScript: open \`index.html\` and it works.
`;

export const readmeMore = `
## Layout

| folder     | what is in it                                |
| ---------- | -------------------------------------------- |
| \`css\`      | one base sheet, one for layout, one for print |
| \`js\`       | the tide curve and the lamp                  |
| \`data\`     | tides, the lamp, a line of soundings         |
| \`images\`   | pictures and icons                           |
| \`log\`      | the station log; \`latest.md\` is a link       |
| \`notes\`    | for the volunteers, in their own languages   |
| \`scripts\`  | building and checking                        |

## Checking

    scripts/check-links.mjs *.html
    scripts/build.sh
`;

export const licence = `The words, pictures, sounds and programs of this sample may be copied, changed
and passed on by anybody for any purpose, without asking and without naming
where they are from. They come without any warranty.
`;

export const contributing = `# Helping with this site

1. Make a branch: \`git switch -c your-topic\`.
2. Keep a commit to one idea, and say in its message why.
3. Run \`scripts/check-links.mjs\` before you push.

Log entries are written by whoever was on watch, in the first person, and never
corrected afterwards except for names and dates.
`;

export const lampRelit = `# The lamp is lit again

*2 March 2025, Maren*

At 18:04 the light on Tern Island turned for the first time in thirty-seven
years. We had expected a ceremony; what we got was Iñaki, alone in the lantern
room with a torch between his teeth, calling down the stairs: "It's on. Is it
on? It's on."

It is thirty-six watts, where it once was a thousand. The pilots say they see
it from sixteen miles all the same: the lens does the work, as it always did.
`;

export const stormWeek = `# Storm week

*30 March 2025, Yuki*

Four days without a ferry. Wind force 9, gusts of 11 on the gallery, and the
sea over the landing slip at every high water.

- Two slates gone from the engine house.
- The anemometer stopped at 61 knots, which says more about the anemometer.
- The hens are in the kitchen.

Nobody was bored.
`;

export const painting = `# Painting the gallery

*21 April 2025, Iñaki*

Red lead first, then two coats of white. The railing has 88 bars, and every one
of them has a back.

The guillemots watched from the north side and have opinions.
`;

export const firstGuests = `# First guests

*18 May 2025, Maren*

Thirty-one people on the morning ferry, the youngest five weeks old. She slept
through the bell.

The café ran out of cake at half past eleven. From next week the ferry brings
two.
`;

export const openingHours = `# Opening hours

| month     | open          | last climb |
| --------- | ------------- | ---------- |
| May       | 11:00 – 16:00 | 15:15      |
| June      | 10:00 – 18:00 | 17:15      |
| July      | 10:00 – 19:00 | 18:15      |
| August    | 10:00 – 19:00 | 18:15      |
| September | 11:00 – 16:00 | 15:15      |

Closed above wind force 7, whatever the table says.
`;

export const crossing = `# Überfahrt und Fähre

Abfahrt am Stadtkai, Brücke 3, täglich um 9:30, 12:00 und 15:30 Uhr.
Zurück um 11:30, 14:00 und 17:45 Uhr.

Fahrräder dürfen mit, solange Platz ist. Hunde an der Leine: Auf der Insel
brüten Küstenseeschwalben, und sie greifen an.
`;

export const guideJapanese = `# 灯台のご案内

- 階段は112段あります。途中で休むことができます。
- 回廊は風が強いので、帽子にお気をつけください。
- 正午に霧鐘を鳴らします。
`;
